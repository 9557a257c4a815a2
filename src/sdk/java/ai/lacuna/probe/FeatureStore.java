package ai.lacuna.probe;

import ai.lacuna.encoder.PoolingSet;
import ai.lacuna.serving.Pooling;
import java.util.List;
import java.util.Optional;

/**
 * The features of a data set, computed once: of every chosen block every chosen pooling. In memory,
 * or in a file that is mapped into it; each evaluation takes a table of what it wants.
 *
 * <p>Safe for use by several threads at once.
 */
public final class FeatureStore {
  private final String name;
  private final List<Integer> blocks;
  private final PoolingSet set;
  private final int embedDim;
  private final int[] labels;
  private final FeatureRows rows;
  private final Optional<float[]> whole;

  private FeatureStore(
      String name,
      List<Integer> blocks,
      PoolingSet set,
      int embedDim,
      int[] labels,
      FeatureRows rows,
      Optional<float[]> whole) {
    this.name = name;
    this.blocks = List.copyOf(blocks);
    this.set = set;
    this.embedDim = embedDim;
    this.labels = labels;
    this.rows = rows;
    this.whole = whole;
  }

  /** Features that a file holds. */
  static FeatureStore mapped(
      String name,
      List<Integer> blocks,
      PoolingSet set,
      int embedDim,
      int[] labels,
      FeatureRows rows) {
    return new FeatureStore(name, blocks, set, embedDim, labels, rows, Optional.empty());
  }

  /** Features in memory, {@code [labels.length, blocks · set.rows() · embedDim]}. */
  static FeatureStore inMemory(
      String name,
      List<Integer> blocks,
      PoolingSet set,
      int embedDim,
      int[] labels,
      float[] values) {
    FeatureRows rows = FeatureRows.of(values, blocks.size() * set.rows() * embedDim);
    return new FeatureStore(name, blocks, set, embedDim, labels, rows, Optional.of(values));
  }

  /**
   * Returns the number of images.
   *
   * @return at least 1
   */
  public int rows() {
    return labels.length;
  }

  /**
   * Returns the labels.
   *
   * @return a copy, {@code [rows]}
   */
  public int[] labels() {
    return labels.clone();
  }

  /**
   * Returns the blocks whose features it holds.
   *
   * @return from 0
   */
  public List<Integer> blocks() {
    return blocks;
  }

  /**
   * Takes the features of some blocks in one pooling.
   *
   * @param wanted blocks among {@link #blocks}; their features are concatenated in this order
   * @param pooling one of those that were asked for
   * @return a table in memory
   * @throws IllegalArgumentException if a block or the pooling is not held
   * @throws ProbeException if it has 2^31 numbers or more
   */
  public FeatureTable table(List<Integer> wanted, Pooling pooling) {
    if (!blocks.containsAll(wanted)) {
      throw new IllegalArgumentException(
          "blocks: expected some of " + blocks + ", found " + wanted + "; compute them too");
    }
    List<Integer> parts = set.rows(pooling);
    int columns = wanted.size() * parts.size() * embedDim;
    if (whole.isPresent() && wanted.equals(blocks) && parts.size() == set.rows()) {
      return FeatureTable.of(whole.get(), columns, labels.clone());
    }
    if ((long) columns * labels.length > Integer.MAX_VALUE - 8) {
      throw tooMany(name, labels.length, columns, "take fewer blocks or images");
    }
    float[] values = new float[columns * labels.length];
    int at = 0;
    for (int row = 0; row < labels.length; row++) {
      for (int block : wanted) {
        int first = blocks.indexOf(block) * set.rows();
        for (int part : parts) {
          rows.copy(row, (first + part) * embedDim, embedDim, values, at);
          at += embedDim;
        }
      }
    }
    return FeatureTable.of(values, columns, labels.clone());
  }

  /** Says that an array cannot hold so many features. */
  static ProbeException tooMany(String name, int rows, int columns, String remedy) {
    return new ProbeException(
        "%s: expected fewer than 2^31 features, found %s images of %s; %s"
            .formatted(name, rows, columns, remedy));
  }
}
