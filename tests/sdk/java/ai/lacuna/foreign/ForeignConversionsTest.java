package ai.lacuna.foreign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.PositionEmbeddings;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is converted when it is asked for. */
class ForeignConversionsTest {
  private static final float ROUNDING = 1e-6f;

  @Test
  void positionsAreResampledWhenAskedFor() throws IOException {
    ForeignNetwork own = Foreign.weights("mae-finetuned.pth").read();
    ForeignNetwork wide = Foreign.weights("mae-finetuned.pth").imageSize(16, 24).read();

    assertEquals(16, wide.vit().imageHeight());
    assertEquals(24, wide.preprocessing().width());
    float[] table = own.encoder().require("pos_embed").toFloats();
    assertArrayEquals(
        PositionEmbeddings.resample(table, 3, 3, 4, 6),
        wide.encoder().require("pos_embed").toFloats());
    assertTrue(
        String.join("\n", wide.notes()).contains("from 3 x 3 to 4 x 6 patches: bicubic"),
        wide.notes().toString());
    assertArrayEquals(
        wide.encoder().require("pos_embed").toFloats(),
        wide.head().orElseThrow().weights().require("pos_embed").toFloats());
  }

  @Test
  void theDecodersPositionsFollow() throws IOException {
    ForeignNetwork wide =
        Foreign.weights("mae-training.pth").allowNamespace().imageSize(20, 12).read();

    Tensor table = wide.decoder().orElseThrow().weights().require("decoder_pos_embed");
    assertArrayEquals(new long[] {1, 16, 8}, table.shape());
    assertTrue(
        String.join("\n", wide.notes()).contains("the fixed table of the new grid"),
        wide.notes().toString());
  }

  @Test
  void channelsFollowTimmsRule() {
    // One filter of one pixel: 1, 2, 3 for red, green, blue.
    NamedTensors kernel =
        NamedTensors.builder()
            .add("patch_embed.proj.weight", Tensor.of(new float[] {1, 2, 3}, 1, 3, 1, 1))
            .build();

    assertArrayEquals(
        new float[] {6},
        new ChannelConversion(3, 1).apply(kernel).require("patch_embed.proj.weight").toFloats());
    assertArrayEquals(
        new float[] {0.6f, 1.2f, 1.8f, 0.6f, 1.2f},
        new ChannelConversion(3, 5).apply(kernel).require("patch_embed.proj.weight").toFloats(),
        ROUNDING);
  }

  @Test
  void statisticsFollowTheChannels() throws IOException {
    ForeignNetwork grey = Foreign.weights("timm.safetensors").channels(1).read();
    assertEquals(1, grey.vit().channels());
    assertEquals((0.485 + 0.456 + 0.406) / 3, grey.preprocessing().mean().get(0), 1e-12);

    ForeignNetwork four = Foreign.weights("timm.safetensors").channels(4).read();
    assertEquals(List.of(0.485, 0.456, 0.406, 0.485), four.preprocessing().mean());
    assertTrue(
        String.join("\n", four.notes()).contains("kernels repeated in turn, times 3/4"),
        four.notes().toString());

    ForeignNetwork given =
        Foreign.weights("timm.safetensors")
            .channels(1)
            .normalization(new Normalization(List.of(0.3), List.of(0.2)))
            .read();
    assertEquals(List.of(0.3), given.preprocessing().mean());
  }

  @Test
  void aDecoderPredictsThePixelsThatItWasTrainedOn() throws IOException {
    ForeignWeights weights = Foreign.weights("mae-training.pth").allowNamespace().channels(1);
    WeightsException refusal = assertThrows(WeightsException.class, weights::read);
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("--drop-decoder"), refusal.getMessage());
    assertTrue(weights.dropDecoder().read().decoder().isEmpty());
  }
}
