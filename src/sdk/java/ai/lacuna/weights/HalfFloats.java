package ai.lacuna.weights;

/** The 16-bit floating-point formats; JDK 17 knows neither. */
public final class HalfFloats {
  /** The least number that rounds to float16's infinity. */
  static final float OVERFLOW = 65520;

  private HalfFloats() {}

  /**
   * Widens an IEEE 754 binary16 number; exact.
   *
   * @param half its bits
   * @return the same number
   */
  public static float fromFloat16(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | mantissa << 13);
    }
    if (exponent == 0) {
      // Zero or subnormal: mantissa · 2^-24, exact in float32.
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | (exponent + 127 - 15) << 23 | mantissa << 13);
  }

  /**
   * Rounds to the nearest IEEE 754 binary16 number, of two equally near to the even one.
   *
   * @param value any number; one of 65520 or more becomes infinite
   * @return the bits of the rounded number
   */
  public static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= OVERFLOW) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x1p-14f) {
      // Subnormal: a multiple of 2^-24; 2^-14 itself carries into the exponent as it should.
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
    }
    // Adds half of the last kept place, a little less where that place is even; a carry out of the
    // mantissa is the next exponent.
    int kept = (bits & 0x7fffffff) - ((127 - 15) << 23);
    return (short) (sign | (kept + 0xfff + (kept >>> 13 & 1)) >>> 13);
  }

  /**
   * Widens a bfloat16 number, the upper half of a float32; exact.
   *
   * @param half its bits
   * @return the same number
   */
  public static float fromBfloat16(short half) {
    return Float.intBitsToFloat(half << 16);
  }
}
