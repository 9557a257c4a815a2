package ai.lacuna.weights;

/** The 16-bit floating-point formats; JDK 17 knows neither. */
final class HalfFloats {
  private HalfFloats() {}

  /** Widens an IEEE 754 binary16 number; exact. */
  static float fromFloat16(short half) {
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

  /** Widens a bfloat16 number, the upper half of a float32; exact. */
  static float fromBfloat16(short half) {
    return Float.intBitsToFloat(half << 16);
  }
}
