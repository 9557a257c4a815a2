package ai.lacuna.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.vit.VitConfig.Positions;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Architectures told from shapes. */
class ArchitectureTest {

  private static Tensor zeros(long... shape) {
    return Tensor.of(
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))], shape);
  }

  /** What recognition reads; the large matrices are not needed. */
  private static NamedTensors.Builder shapes(
      long width, int depth, long patch, long channels, long patches, long mlp) {
    NamedTensors.Builder tensors =
        NamedTensors.builder()
            .add("cls_token", zeros(1, 1, width))
            .add("pos_embed", zeros(1, 1 + patches, width))
            .add("patch_embed.proj.weight", zeros(width, channels, patch, patch))
            .add("blocks.0.mlp.fc1.weight", zeros(mlp, width));
    Tensor norm = zeros(width);
    for (int i = 0; i < depth; i++) {
      tensors.add("blocks." + i + ".norm1.weight", norm);
    }
    return tensors;
  }

  private static VitConfig encoder(NamedTensors.Builder tensors) {
    return new Architecture(tensors.build(), "a.pth").encoder(0, 0, 0);
  }

  @Test
  void publishedSizesAreRecognised() {
    assertEquals(
        VitConfig.base16().with(Positions.LEARNED), encoder(shapes(768, 12, 16, 3, 196, 3072)));
    assertEquals(
        VitConfig.large16().with(Positions.LEARNED), encoder(shapes(1024, 24, 16, 3, 196, 4096)));
    assertEquals(
        VitConfig.huge14().with(Positions.LEARNED), encoder(shapes(1280, 32, 14, 3, 256, 5120)));
    assertEquals(
        VitConfig.micro4().with(Positions.LEARNED), encoder(shapes(128, 6, 4, 1, 49, 512)));
  }

  @Test
  void otherSizesAreRecognisedToo() {
    VitConfig found = encoder(shapes(320, 3, 8, 2, 81, 800));
    assertEquals(new VitConfig(72, 72, 2, 8, 320, 3, 5, 2.5, Positions.LEARNED), found);
    assertEquals(384, encoder(shapes(768, 12, 16, 3, 576, 3072)).imageHeight());
  }

  @Test
  void thePapersDecoderIsRecognised() {
    NamedTensors.Builder tensors =
        NamedTensors.builder()
            .add("decoder_embed.weight", zeros(512, 768))
            .add("decoder_blocks.0.mlp.fc1.weight", zeros(2048, 512));
    for (int i = 0; i < 8; i++) {
      tensors.add("decoder_blocks." + i + ".norm1.weight", zeros(512));
    }
    assertEquals(DecoderConfig.paper(), new Architecture(tensors.build(), "a.pth").decoder(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          48  | 4 | 9  | 2 | expected a known width or a multiple of 64, found 48
          64  | 4 | 10 | 2 | expected 1 + a square number of rows, found 11
          64  | 4 | 9  | 0 | blocks.0.norm1.weight: expected 1 dimensions to recognise
          """)
  void whatCannotBeToldIsAskedFor(int width, int patch, int patches, int depth, String message) {
    WeightsException refusal =
        assertThrows(
            WeightsException.class,
            () -> encoder(shapes(width, depth, patch, 3, patches, 4L * width)));
    String text = String.valueOf(refusal.getMessage());
    assertTrue(text.startsWith("a.pth: ") && text.contains(message), text);
  }

  @Test
  void aGridThatIsNotSquareIsGiven() {
    Architecture wide = new Architecture(shapes(64, 1, 4, 3, 18, 256).build(), "a.pth");
    VitConfig found = wide.encoder(3, 6, 0);
    assertEquals(12, found.imageHeight());
    assertEquals(24, found.imageWidth());
    assertThrows(WeightsException.class, () -> wide.encoder(4, 6, 0));
  }
}
