package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class WeightsCheckTest {
  private static NamedTensors vit(int width, int depth, int patch, int positions) {
    NamedTensors.Builder tensors =
        NamedTensors.builder()
            .add("cls_token", zeros(1, 1, width))
            .add("pos_embed", zeros(1, 1L + positions, width))
            .add("patch_embed.proj.weight", zeros(width, 1, patch, patch));
    for (int i = 0; i < depth; i++) {
      tensors.add("blocks." + i + ".attn.qkv.weight", zeros(3L * width, width));
    }
    return tensors.build();
  }

  private static Tensor zeros(long... shape) {
    return Tensor.of(new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)], shape);
  }

  private static Map<String, List<Long>> shapes(NamedTensors tensors) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    tensors.forEach(e -> shapes.put(e.name(), Arrays.stream(e.tensor().shape()).boxed().toList()));
    return shapes;
  }

  private static NamedTensors renamed(NamedTensors tensors, UnaryOperator<String> rename) {
    NamedTensors.Builder builder = NamedTensors.builder();
    tensors.forEach(e -> builder.add(rename.apply(e.name()), e.tensor()));
    return builder.build();
  }

  @Test
  void acceptsWeightsThatFit() {
    WeightsCheck check = WeightsCheck.of(shapes(vit(8, 2, 4, 9)), vit(8, 2, 4, 9));

    assertTrue(check.fits());
    check.requireFit("weights");
  }

  @Test
  void saysWhatTheWeightsLookLike() {
    WeightsException refusal =
        assertThrows(
            WeightsException.class,
            () -> WeightsCheck.of(shapes(vit(8, 2, 4, 9)), vit(12, 3, 2, 16)).requireFit("a.st"));

    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.startsWith("a.st: the weights do not fit the architecture"), message);
    assertTrue(
        message.contains(
            "a ViT of width 12, 3 blocks, patches of 2 x 2 with 1 channels, 16 patch positions"),
        message);
    assertTrue(message.contains("pos_embed: expected [1, 10, 8], found [1, 17, 12]"), message);
    assertTrue(message.contains("16 patch positions:\n  "), message);
    assertTrue(message.contains("1 unexpected:\n    blocks.2.attn.qkv.weight"), message);
  }

  @Test
  void listsFiveOfAKind() {
    String message = WeightsCheck.of(shapes(vit(8, 9, 4, 9)), vit(8, 1, 4, 9)).toString();

    assertTrue(message.contains("8 missing:"), message);
    assertTrue(message.contains("blocks.5.attn.qkv.weight\n    and 3 more"), message);
  }

  @Test
  void recognisesAPrefix() {
    NamedTensors wrapped = renamed(vit(8, 2, 4, 9), name -> "module." + name);

    assertTrue(
        WeightsCheck.of(shapes(vit(8, 2, 4, 9)), wrapped).hint().contains("begin with 'module.'"));
  }

  @Test
  void recognisesAnEncoderWithoutDecoder() {
    Map<String, List<Long>> autoencoder = shapes(vit(8, 1, 4, 9));
    autoencoder.put("mask_token", List.of(1L, 1L, 4L));
    autoencoder.put("decoder_embed.weight", List.of(4L, 8L));

    assertTrue(WeightsCheck.of(autoencoder, vit(8, 1, 4, 9)).hint().contains("encoder alone"));
  }

  @Test
  void findsValuesThatAreNotFinite() {
    NamedTensors bad =
        NamedTensors.builder()
            .add("a", Tensor.of(new float[] {1, Float.NaN}, 2))
            .add("b", Tensor.of(new float[] {1, 2}, 2))
            .build();
    WeightsCheck check = WeightsCheck.of(shapes(bad), bad);

    assertEquals(List.of("a"), check.notFinite());
    assertTrue(check.toString().startsWith("the weights hold values that are no numbers"));
    assertTrue(check.toString().contains("1 with NaN or infinite values:\n    a"));
  }
}
