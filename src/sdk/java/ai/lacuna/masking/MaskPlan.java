package ai.lacuna.masking;

/**
 * How a run masks its images.
 *
 * @param ratio share of the patches that is removed, in (0, 1)
 */
public record MaskPlan(double ratio) {
  /**
   * @throws IllegalArgumentException if the ratio is out of range
   */
  public MaskPlan {
    if (!(ratio > 0 && ratio < 1)) {
      throw new IllegalArgumentException(
          "mask ratio: expected more than 0 and less than 1, found " + ratio);
    }
  }

  /** Uniform random masking of 75 %, the paper's. */
  public static MaskPlan paper() {
    return new MaskPlan(0.75);
  }

  /**
   * Patches kept of {@code numPatches}.
   *
   * @throws IllegalArgumentException if none would be
   */
  public int keep(int numPatches) {
    return RandomMask.keep(numPatches, ratio);
  }

  /**
   * What draws the masks.
   *
   * @param gridHeight patches in a column
   * @param gridWidth patches in a row
   */
  public MaskSampler sampler(int gridHeight, int gridWidth) {
    return RandomMask.ofRatio(gridHeight * gridWidth, ratio);
  }
}
