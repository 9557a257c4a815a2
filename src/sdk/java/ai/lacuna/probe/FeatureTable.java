package ai.lacuna.probe;

import java.util.List;

/** Features and labels of some images: float32 {@code [rows, columns]}, row by row. */
public final class FeatureTable {
  private final float[] values;
  private final int columns;
  private final int[] labels;

  private FeatureTable(float[] values, int columns, int[] labels) {
    this.values = values;
    this.columns = columns;
    this.labels = labels;
  }

  /**
   * Wraps features; takes ownership of both arrays.
   *
   * @param values {@code [labels.length, columns]}
   * @param columns features of an image, at least 1
   * @param labels the class of each image, from 0
   * @return the table
   * @throws IllegalArgumentException if the lengths do not match
   */
  public static FeatureTable of(float[] values, int columns, int[] labels) {
    if (columns < 1 || values.length != (long) columns * labels.length) {
      throw new IllegalArgumentException(
          "features: expected %s rows of %s, found %s values"
              .formatted(labels.length, columns, values.length));
    }
    return new FeatureTable(values, columns, labels);
  }

  /**
   * Returns the number of images.
   *
   * @return at least 0
   */
  public int rows() {
    return labels.length;
  }

  /**
   * Returns the number of features of an image.
   *
   * @return at least 1
   */
  public int columns() {
    return columns;
  }

  /**
   * Returns the features.
   *
   * @return the array itself, {@code [rows, columns]}
   */
  public float[] values() {
    return values;
  }

  /**
   * Returns the labels.
   *
   * @return the array itself, {@code [rows]}
   */
  public int[] labels() {
    return labels;
  }

  /** Some rows, copied, in the order given. */
  FeatureTable pick(int[] rows) {
    float[] some = new float[rows.length * columns];
    int[] classes = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(values, rows[i] * columns, some, i * columns, columns);
      classes[i] = labels[rows[i]];
    }
    return new FeatureTable(some, columns, classes);
  }

  /** The rows of several tables of the same columns, one table after the other. */
  static FeatureTable joined(List<FeatureTable> tables) {
    int columns = tables.get(0).columns;
    long rows = tables.stream().mapToLong(FeatureTable::rows).sum();
    if (rows * columns > Integer.MAX_VALUE - 8) {
      throw new ProbeException(
          "features: expected fewer than 2^31, found %s rows of %s; take fewer blocks or views"
              .formatted(rows, columns));
    }
    float[] all = new float[(int) rows * columns];
    int[] classes = new int[(int) rows];
    int at = 0;
    for (FeatureTable table : tables) {
      System.arraycopy(table.values, 0, all, at * columns, table.values.length);
      System.arraycopy(table.labels, 0, classes, at, table.rows());
      at += table.rows();
    }
    return new FeatureTable(all, columns, classes);
  }
}
