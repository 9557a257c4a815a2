package ai.lacuna.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Float32 to 16 bits, for which JDK 17 has nothing. */
public final class HalfPrecision {
  private static final int FLOAT_SIGN = 0x8000_0000;
  private static final int HALF_INFINITY = 0x7c00;

  /** Half of the step above 65,504: what lies at or beyond it rounds to infinity. */
  private static final float OVERFLOW = 65_520f;

  /** 2^-14, below which steps no longer shrink. */
  private static final float SMALLEST_NORMAL = 0x1p-14f;

  private static final float SUBNORMALS_PER_ONE = 0x1p24f;

  private HalfPrecision() {}

  /**
   * Values in IEEE 754 half precision.
   *
   * @return as many as remained, little endian
   */
  public static ByteBuffer float16(FloatBuffer values) {
    return each(values, HalfPrecision::bits);
  }

  /**
   * Values in bfloat16: the upper half of a float32, rounded to the nearest, of two to the even.
   *
   * @return as many as remained, little endian
   */
  public static ByteBuffer bfloat16(FloatBuffer values) {
    return each(values, HalfPrecision::upperBits);
  }

  private interface Conversion {
    short bits(float value);
  }

  private static ByteBuffer each(FloatBuffer values, Conversion conversion) {
    ByteBuffer result =
        ByteBuffer.allocate(Math.multiplyExact(values.remaining(), Short.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      result.putShort(conversion.bits(values.get()));
    }
    return result.flip();
  }

  static short upperBits(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** The bits of the nearest half, of two equally near ones that with an even last bit. */
  static short bits(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits & FLOAT_SIGN) >>> 16;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) (sign | HALF_INFINITY | 0x200);
    }
    if (magnitude >= OVERFLOW) {
      return (short) (sign | HALF_INFINITY);
    }
    if (magnitude < SMALLEST_NORMAL) {
      return (short) (sign | (int) Math.rint(magnitude * (double) SUBNORMALS_PER_ONE));
    }
    int rest = bits & ~FLOAT_SIGN;
    // Rounds the 13 bits that go: adds one less than half a step, and one more to odd results.
    int rounded = rest + 0xfff + ((rest >>> 13) & 1);
    return (short) (sign | ((rounded - ((127 - 15) << 23)) >>> 13));
  }
}
