package ai.lacuna.encoder;

import ai.lacuna.serving.Pooling;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one pass through the network gives of each block: rows of which every pooling of the set is
 * made.
 */
public enum PoolingSet {
  /** The class token, then the mean of the patch tokens. */
  TOKEN_AND_MEAN("features", 2),
  /** The class token, the mean, then the cells of {@link Pooling#CLS_GRID}. */
  WITH_GRID("grids", 2 + Pooling.GRID_SIDE * Pooling.GRID_SIDE);

  private final String function;
  private final int rows;

  PoolingSet(String function, int rows) {
    this.function = function;
    this.rows = rows;
  }

  /**
   * Returns the least set of which some poolings can be made.
   *
   * @param poolings any of them
   * @return the set
   */
  public static PoolingSet covering(Collection<Pooling> poolings) {
    return poolings.contains(Pooling.CLS_GRID) ? WITH_GRID : TOKEN_AND_MEAN;
  }

  /** The network's function that computes it. */
  String function() {
    return function;
  }

  /**
   * Returns the number of rows of a block.
   *
   * @return vectors of {@code embedDim}
   */
  public int rows() {
    return rows;
  }

  /** Every row, in order. */
  List<Integer> all() {
    return IntStream.range(0, rows).boxed().toList();
  }

  /**
   * Returns the rows that make a pooling.
   *
   * @param pooling one of the set
   * @return indices from 0, in the pooling's order
   * @throws IllegalArgumentException if the set lacks it
   */
  public List<Integer> rows(Pooling pooling) {
    List<Integer> wanted =
        switch (pooling) {
          case CLS -> List.of(0);
          case MEAN -> List.of(1);
          case CLS_MEAN -> List.of(0, 1);
          case CLS_GRID ->
              IntStream.range(0, pooling.parts()).map(i -> i == 0 ? 0 : i + 1).boxed().toList();
        };
    if (wanted.stream().anyMatch(row -> row >= rows)) {
      throw new IllegalArgumentException(
          "pooling: expected one of the set "
              + this
              + ", found "
              + pooling.label()
              + "; ask for it when the features are computed");
    }
    return wanted;
  }
}
