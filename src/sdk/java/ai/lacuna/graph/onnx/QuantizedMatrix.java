package ai.lacuna.graph.onnx;

/**
 * A weight matrix in 8 bits: each output has its own scale, and 0 stays 0.
 *
 * <p>weight[o][i] ≈ scale[o] · q[i][o] with q from −127 to 127; −128 is left out, so that the range
 * is symmetric.
 */
final class QuantizedMatrix {
  private static final int LARGEST = 127;

  private final byte[] values;
  private final float[] scales;

  private QuantizedMatrix(byte[] values, float[] scales) {
    this.values = values;
    this.scales = scales;
  }

  /**
   * Quantizes a matrix.
   *
   * @param weight [out, in], row-major
   * @param outputs how many rows
   */
  static QuantizedMatrix of(float[] weight, int outputs) {
    int inputs = weight.length / outputs;
    byte[] values = new byte[weight.length];
    float[] scales = new float[outputs];
    for (int o = 0; o < outputs; o++) {
      float largest = 0;
      for (int i = 0; i < inputs; i++) {
        largest = Math.max(largest, Math.abs(weight[o * inputs + i]));
      }
      // A row of zeros has any scale; runtimes divide by it.
      float scale = largest == 0 ? 1 : largest / LARGEST;
      scales[o] = scale;
      for (int i = 0; i < inputs; i++) {
        double exact = Math.rint(weight[o * inputs + i] / (double) scale);
        values[i * outputs + o] = (byte) Math.max(-LARGEST, Math.min(LARGEST, exact));
      }
    }
    return new QuantizedMatrix(values, scales);
  }

  /** [in, out], row-major, as a product x·W takes it. */
  byte[] values() {
    return values;
  }

  /** [out]. */
  float[] scales() {
    return scales;
  }
}
