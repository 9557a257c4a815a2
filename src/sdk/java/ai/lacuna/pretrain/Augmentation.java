package ai.lacuna.pretrain;

/**
 * How images are varied: a random resized crop, bicubic, and a mirror.
 *
 * @param minCropScale least share of the image's area that a crop takes, in (0, 1]
 * @param flip whether half of the images are mirrored
 */
public record Augmentation(double minCropScale, boolean flip) {
  /**
   * @throws IllegalArgumentException if the scale is out of range
   */
  public Augmentation {
    if (!(minCropScale > 0 && minCropScale <= 1)) {
      throw new IllegalArgumentException(
          "minCropScale: expected more than 0 and at most 1, found " + minCropScale);
    }
  }

  /** The paper's: crops of 20 % to 100 %, mirrored (arXiv 2111.06377, table 8). */
  public static Augmentation paper() {
    return new Augmentation(0.2, true);
  }
}
