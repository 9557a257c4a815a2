package ai.lacuna.probe;

import java.util.Locale;

/** How a feature is kept in a file. */
public enum FeaturePrecision {
  /** 2 bytes: 11 significant bits, up to 65504. */
  FLOAT16(2),
  /** 4 bytes: as the network gave it. */
  FLOAT32(4);

  private final int bytes;

  FeaturePrecision(int bytes) {
    this.bytes = bytes;
  }

  /** The size of a feature. */
  int bytes() {
    return bytes;
  }

  /**
   * Returns the name on the command line.
   *
   * @return {@code float16} or {@code float32}
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
