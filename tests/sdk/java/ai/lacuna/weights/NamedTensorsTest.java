package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamedTensorsTest {
  private static final Tensor ONE = Tensor.of(new float[] {1}, 1);
  private static final Tensor TWO = Tensor.of(new float[] {2}, 1);

  @Test
  void keepsTheOrder() {
    NamedTensors tensors =
        NamedTensors.builder().add("z", ONE).add("decoder_pred.bias", TWO).add("a", ONE).build();
    List<String> iterated = new ArrayList<>();
    tensors.forEach(entry -> iterated.add(entry.name()));

    assertEquals(List.of("z", "decoder_pred.bias", "a"), tensors.names());
    assertEquals(tensors.names(), iterated);
    assertEquals(List.of("z", "a"), tensors.only(n -> !n.startsWith("decoder_")).names());
    assertEquals(3, tensors.numel());
  }

  @Test
  void isNotChangedThroughItsBuilder() {
    NamedTensors.Builder builder = NamedTensors.builder().add("a", ONE);
    NamedTensors tensors = builder.build();
    builder.add("b", TWO);

    assertEquals(List.of("a"), tensors.names());
  }

  @Test
  void refusesATakenName() {
    NamedTensors.Builder builder = NamedTensors.builder().add("a", ONE);

    assertThrows(IllegalArgumentException.class, () -> builder.add("a", TWO));
  }

  @Test
  void suggestsNearNames() {
    NamedTensors tensors =
        NamedTensors.builder().add("blocks.0.norm1.weight", ONE).add("norm.bias", TWO).build();

    WeightsException missing =
        assertThrows(WeightsException.class, () -> tensors.require("blocks.0.norm1.weigth"));
    assertTrue(
        String.valueOf(missing.getMessage()).contains("did you mean blocks.0.norm1.weight?"));
    assertTrue(tensors.find("blocks.0.norm1.weigth").isEmpty());
  }

  @Test
  void roundsToFloat16() {
    Tensor integers = Tensor.of(Tensor.Type.I64, ByteBuffer.allocate(8), 1);
    NamedTensors halves =
        NamedTensors.builder()
            .add("w", Tensor.of(new float[] {0.1f, -65504, 1e-9f, 2049, Float.NaN, 3}, 2, 3))
            .add("n", integers)
            .build()
            .toFloat16();
    Tensor half = halves.require("w");

    assertEquals(Tensor.Type.F16, half.type());
    assertArrayEquals(new long[] {2, 3}, half.shape());
    // 2049 lies between 2048 and 2050, of which 2048 has the even mantissa.
    assertArrayEquals(new float[] {0x1.998p-4f, -65504, 0, 2048, Float.NaN, 3}, half.toFloats());
    assertSame(integers, halves.require("n"));
  }

  @Test
  void refusesWhatFloat16CannotHold() {
    NamedTensors tensors =
        NamedTensors.builder().add("head.bias", Tensor.of(new float[] {1, 65520}, 2)).build();

    WeightsException refusal = assertThrows(WeightsException.class, tensors::toFloat16);
    assertEquals(
        "head.bias: expected values from -65504 to 65504 for float16, found 65520.0; "
            + "keep these weights in float32",
        refusal.getMessage());
  }

  @Test
  void fingerprintsNamesShapesAndValuesInAnyOrder() {
    String fingerprint = NamedTensors.builder().add("a", ONE).add("b", TWO).build().sha256();

    assertEquals(fingerprint, NamedTensors.builder().add("b", TWO).add("a", ONE).build().sha256());
    assertNotEquals(
        fingerprint, NamedTensors.builder().add("a", TWO).add("b", ONE).build().sha256());
    assertNotEquals(
        fingerprint,
        NamedTensors.builder().add("a", Tensor.of(new float[] {1})).add("b", TWO).build().sha256());
    assertTrue(fingerprint.matches("[0-9a-f]{64}"));
  }
}
