package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class TensorTest {
  private static float naiveFloat16(int bits) {
    double sign = (bits & 0x8000) == 0 ? 1 : -1;
    int exponent = bits >> 10 & 31;
    double fraction = (bits & 1023) / 1024.0;
    if (exponent == 31) {
      return (float) (fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN);
    }
    return (float)
        (exponent == 0
            ? sign * Math.pow(2, -14) * fraction
            : sign * Math.pow(2, exponent - 15) * (1 + fraction));
  }

  @Test
  void widensEveryHalfFloat() {
    ByteBuffer bytes = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
    float[] expected = new float[1 << 16];
    for (int bits = 0; bits < expected.length; bits++) {
      bytes.putShort((short) bits);
      expected[bits] = naiveFloat16(bits);
    }
    assertArrayEquals(
        expected, Tensor.of(Tensor.Type.F16, bytes.flip(), expected.length).toFloats());
  }

  @Test
  void widensBfloat16AsTheUpperHalfOfAFloat() {
    float[] values = {0f, -0f, 1f, -1.5f, 3.3895314e38f, Float.NEGATIVE_INFINITY, 0x1p-126f};
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putShort((short) (Float.floatToIntBits(value) >>> 16));
    }
    assertArrayEquals(values, Tensor.of(Tensor.Type.BF16, bytes.flip(), values.length).toFloats());
  }

  @Test
  void readsLittleEndianWhateverTheBufferSays() {
    ByteBuffer bytes = ByteBuffer.wrap(new byte[] {9, 0, 0, (byte) 0x80, 0x3f}).position(1);

    assertArrayEquals(new float[] {1}, Tensor.of(Tensor.Type.F32, bytes, 1).toFloats());
  }

  @Test
  void exposesNothingThatCanBeChanged() {
    float[] data = {1, 2};
    long[] shape = {2};
    Tensor tensor = Tensor.of(data, shape);
    data[0] = 9;
    shape[0] = 9;
    tensor.shape()[0] = 9;
    tensor.toFloats()[0] = 9;

    assertThrows(ReadOnlyBufferException.class, () -> tensor.bytes().putFloat(0, 9));
    assertFalse(tensor.bytes().hasArray());
    assertArrayEquals(new long[] {2}, tensor.shape());
    assertArrayEquals(new float[] {1, 2}, tensor.toFloats());
  }

  @Test
  void refusesAShapeThatDoesNotFit() {
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[3], 2));
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[2], -1, -2));
    assertThrows(ArithmeticException.class, () -> Tensor.of(new float[0], 1L << 32, 1L << 32, 0));
  }

  @Test
  void refusesToTurnIntegersIntoFloats() {
    Tensor tensor = Tensor.of(Tensor.Type.I32, ByteBuffer.allocate(4), 1);

    WeightsException refusal = assertThrows(WeightsException.class, tensor::toFloats);
    assertTrue(String.valueOf(refusal.getMessage()).contains("found I32"));
  }

  @Test
  void comparesContents() {
    Tensor tensor = Tensor.of(new float[] {1, 2}, 2);

    assertTrue(tensor.contentEquals(Tensor.of(new float[] {1, 2}, 2)));
    assertFalse(tensor.contentEquals(Tensor.of(new float[] {1, 2}, 1, 2)));
    assertFalse(tensor.contentEquals(Tensor.of(new float[] {1, 3}, 2)));
    assertEquals(1, Tensor.of(new float[] {1}).numel());
  }
}
