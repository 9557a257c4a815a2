package ai.lacuna.probe;

/**
 * The mean and the standard deviation of each feature; 1 in place of the deviation of a constant.
 */
final class Standardization {
  /** Below this part of the greatest absolute value a deviation is rounding noise of float32. */
  private static final double NOISE = 1e-6;

  private final double[] mean;
  private final double[] scale;

  private Standardization(double[] mean, double[] scale) {
    this.mean = mean;
    this.scale = scale;
  }

  static Standardization of(FeatureTable table) {
    int columns = table.columns();
    float[] values = table.values();
    double[] mean = new double[columns];
    double[] most = new double[columns];
    for (int i = 0; i < values.length; i += columns) {
      for (int k = 0; k < columns; k++) {
        mean[k] += values[i + k];
        most[k] = Math.max(most[k], Math.abs(values[i + k]));
      }
    }
    double[] scale = new double[columns];
    for (int k = 0; k < columns; k++) {
      mean[k] /= table.rows();
      if (!Double.isFinite(mean[k])) {
        throw new ProbeException(
            "feature %s: expected finite numbers, found %s; the encoder's weights are damaged"
                .formatted(k, mean[k]));
      }
    }
    for (int i = 0; i < values.length; i += columns) {
      for (int k = 0; k < columns; k++) {
        double distance = values[i + k] - mean[k];
        scale[k] += distance * distance;
      }
    }
    for (int k = 0; k < columns; k++) {
      scale[k] = Math.sqrt(scale[k] / table.rows());
      if (scale[k] <= NOISE * most[k]) {
        scale[k] = 1;
      }
    }
    return new Standardization(mean, scale);
  }

  /** Standardises some rows into a new array. */
  float[] apply(FeatureTable table, int firstRow, int rows) {
    int columns = table.columns();
    float[] result = new float[rows * columns];
    float[] values = table.values();
    int from = firstRow * columns;
    for (int i = 0; i < result.length; i += columns) {
      for (int k = 0; k < columns; k++) {
        result[i + k] = (float) ((values[from + i + k] - mean[k]) / scale[k]);
      }
    }
    return result;
  }

  /** Turns weights {@code [classes, features]} followed by biases into those for raw features. */
  void fold(double[] parameters, int classes) {
    int columns = mean.length;
    for (int c = 0; c < classes; c++) {
      for (int k = 0; k < columns; k++) {
        parameters[c * columns + k] /= scale[k];
        parameters[classes * columns + c] -= parameters[c * columns + k] * mean[k];
      }
    }
  }
}
