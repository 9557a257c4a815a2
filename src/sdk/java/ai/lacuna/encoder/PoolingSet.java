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
  WITH_GRID("grids", 6),
  /** The same, then the cells of {@link Pooling#CLS_GRID7}. */
  WITH_FINE_GRID("fine_grids", 55);

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
    if (poolings.contains(Pooling.CLS_GRID7)) {
      return WITH_FINE_GRID;
    }
    return poolings.contains(Pooling.CLS_GRID) ? WITH_GRID : TOKEN_AND_MEAN;
  }

  /** The network's function that computes it: images to [batch, depth, rows, embedDim]. */
  public String function() {
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

  private static List<Integer> tokenAnd(int from, int to) {
    return IntStream.concat(IntStream.of(0), IntStream.range(from, to)).boxed().toList();
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
          case CLS_GRID -> tokenAnd(2, 6);
          case CLS_GRID7 -> tokenAnd(6, 55);
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
