package ai.lacuna.serving;

import java.util.Locale;

/** How the tokens of an image become one vector, after the final norm. */
public enum Pooling {
  /** The class token: {@code [embedDim]}. */
  CLS,
  /** The mean of the patch tokens: {@code [embedDim]}. */
  MEAN,
  /** The class token, then the mean of the patch tokens: {@code [2 · embedDim]}. */
  CLS_MEAN;

  /** The name in manifests and on the command line: {@code cls}, {@code mean}, {@code cls_mean}. */
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
        "pooling: expected cls, mean or cls_mean, found " + label + "; choose one of the three");
  }

  /** Vectors of {@code embedDim} in the result: 1, or 2 for {@link #CLS_MEAN}. */
  public int parts() {
    return this == CLS_MEAN ? 2 : 1;
  }
}
