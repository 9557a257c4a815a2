package ai.lacuna.oracle;

/** The error function in double precision. */
final class ErrorFunction {
  /** From here on erf is 1 in double precision. */
  private static final double SATURATION = 6;

  private ErrorFunction() {}

  /** 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!, a series of terms of one sign. */
  static double erf(double x) {
    if (Math.abs(x) >= SATURATION) {
      return Math.signum(x);
    }
    double term = x;
    double sum = 0;
    for (int n = 0; sum + term != sum; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 3);
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  /** x·Φ(x). */
  static double gelu(double x) {
    return x * (1 + erf(x / Math.sqrt(2))) / 2;
  }
}
