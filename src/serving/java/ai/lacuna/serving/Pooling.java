package ai.lacuna.serving;

import java.util.Locale;

/** How the tokens of an image become one vector, after the final norm. */
public enum Pooling {
  /** The class token: {@code [embedDim]}. */
  CLS,
  /** The mean of the patch tokens: {@code [embedDim]}. */
  MEAN,
  /** The class token, then the mean of the patch tokens: {@code [2 · embedDim]}. */
  CLS_MEAN,
  /**
   * The class token, then the mean of each cell of a 2 x 2 grid over the patches, row by row:
   * {@code [5 · embedDim]}. It keeps roughly where things are, which helps on images that are
   * aligned.
   */
  CLS_GRID,
  /**
   * The class token, then the mean of each cell of a 7 x 7 grid over the patches, row by row:
   * {@code [50 · embedDim]}. On images of 7 x 7 patches these are the patches themselves. Much
   * longer, and still a linear layer's input: the best where position tells.
   */
  CLS_GRID7;

  /** The name in manifests and on the command line: {@code cls_mean} and so on. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The pooling of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Pooling of(String label) {
    for (Pooling pooling : values()) {
      if (pooling.label().equals(label)) {
        return pooling;
      }
    }
    throw new IllegalArgumentException(
        "pooling: expected cls, mean, cls_mean, cls_grid or cls_grid7, found "
            + label
            + "; choose one of the five");
  }

  /** Cells of its grid in each direction; 0 without a grid. */
  public int gridSide() {
    return switch (this) {
      case CLS, MEAN, CLS_MEAN -> 0;
      case CLS_GRID -> 2;
      case CLS_GRID7 -> 7;
    };
  }

  /** Vectors of {@code embedDim} in the result. */
  public int parts() {
    return switch (this) {
      case CLS, MEAN -> 1;
      case CLS_MEAN -> 2;
      case CLS_GRID, CLS_GRID7 -> 1 + gridSide() * gridSide();
    };
  }
}
