package ai.lacuna.export;

import ai.lacuna.graph.Precision;
import ai.lacuna.serving.Manifest;

/** How far rows of values are from those that are taken as right; for one thread. */
final class Agreement {
  /** Of a vector in 16 bits with that in 32. */
  private static final double LOW_COSINE = 0.99;

  private int rows;
  private int sameTop;
  private double maxAbsError;
  private double maxAbsValue;
  private double minCosine = 1;

  void add(float[] expected, float[] found) {
    if (expected.length != found.length) {
      throw new ExportException(
          "parity: expected " + expected.length + " values for an image, found " + found.length);
    }
    maxAbsError = Math.max(maxAbsError, maxAbsError(expected, found));
    for (float value : expected) {
      maxAbsValue = Math.max(maxAbsValue, Math.abs(value));
    }
    minCosine = Math.min(minCosine, cosine(expected, found));
    sameTop += top(expected) == top(found) ? 1 : 0;
    rows++;
  }

  /** The largest difference of two values. */
  static double maxAbsError(float[] expected, float[] found) {
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs((double) expected[i] - found[i]));
    }
    return largest;
  }

  /** The cosine of two rows; 1 of two rows of zeros. */
  static double cosine(float[] expected, float[] found) {
    double dot = 0;
    double squares = 0;
    double otherSquares = 0;
    for (int i = 0; i < expected.length; i++) {
      dot += (double) expected[i] * found[i];
      squares += (double) expected[i] * expected[i];
      otherSquares += (double) found[i] * found[i];
    }
    boolean zero = squares == 0 && otherSquares == 0;
    return zero ? 1 : dot / Math.sqrt(squares * otherSquares);
  }

  static int top(float[] values) {
    int top = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[top]) {
        top = i;
      }
    }
    return top;
  }

  /** NaN anywhere gives a NaN error, which is not within any tolerance. */
  double maxAbsError() {
    return maxAbsError;
  }

  /**
   * Whether rows are near enough.
   *
   * @param limit the largest difference
   * @param precision of what was compared: in 16 bits rows must also point the same way
   */
  boolean isWithin(double limit, Precision precision) {
    return maxAbsError <= limit && (!precision.isLow() || minCosine >= LOW_COSINE);
  }

  /** The largest magnitude of what is right. */
  double maxAbsValue() {
    return maxAbsValue;
  }

  Manifest.Parity figures(
      String reference, String candidate, String output, int batchSize, double limit) {
    return new Manifest.Parity(
        reference,
        candidate,
        output,
        batchSize,
        rows,
        maxAbsError,
        limit,
        minCosine,
        (double) sameTop / rows);
  }
}
