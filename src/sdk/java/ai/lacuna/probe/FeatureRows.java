package ai.lacuna.probe;

/** Features of images by row; safe for use by several threads at once. */
interface FeatureRows {
  /**
   * Copies a stretch of a row.
   *
   * @param row the image
   * @param from the first column
   * @param length how many columns
   * @param to receives them
   * @param at where in {@code to}
   */
  void copy(int row, int from, int length, float[] to, int at);

  /** Rows in memory, {@code [rows, columns]}. */
  static FeatureRows of(float[] values, int columns) {
    return (row, from, length, to, at) ->
        System.arraycopy(values, row * columns + from, to, at, length);
  }
}
