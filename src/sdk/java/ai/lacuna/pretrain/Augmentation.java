package ai.lacuna.pretrain;

import ai.lacuna.serving.Preprocessing;
import org.jspecify.annotations.Nullable;

/**
 * How images are varied: a random resized crop, bicubic, and a mirror; or, of images that are
 * padded and not cropped, the mirror alone.
 *
 * @param minCropScale least share of the image's area that a crop takes, in (0, 1] 1 of images that
 *     are padded
 * @param flip whether half of the images are mirrored
 * @param fit whether other aspects are cropped or padded, in training and after it
 */
public record Augmentation(double minCropScale, boolean flip, Preprocessing.Fit fit) {
  /**
   * @throws IllegalArgumentException if the scale is out of range
   */
  public Augmentation {
    requireKnown(fit);
    if (!(minCropScale > 0 && minCropScale <= 1)) {
      throw new IllegalArgumentException(
          "minCropScale: expected more than 0 and at most 1, found " + minCropScale);
    }
    if (fit == Preprocessing.Fit.PAD && minCropScale != 1) {
      throw new IllegalArgumentException(
          "minCropScale: expected 1 of images that are padded, found " + minCropScale);
    }
  }

  /** Gson makes null of a word that it does not know. */
  private static void requireKnown(Preprocessing.@Nullable Fit fit) {
    if (fit == null) {
      throw new IllegalArgumentException("fit: expected crop or pad, found another word");
    }
  }

  /**
   * A random resized crop.
   *
   * @param minCropScale least share of the image's area that a crop takes, in (0, 1]
   * @param flip whether half of the images are mirrored
   */
  public Augmentation(double minCropScale, boolean flip) {
    this(minCropScale, flip, Preprocessing.Fit.CROP);
  }

  /**
   * Whole images, padded to the network's aspect.
   *
   * @param flip whether half of the images are mirrored
   * @return the augmentation
   */
  public static Augmentation padded(boolean flip) {
    return new Augmentation(1, flip, Preprocessing.Fit.PAD);
  }

  /** The paper's: crops of 20 % to 100 %, mirrored (arXiv 2111.06377, table 8). */
  public static Augmentation paper() {
    return new Augmentation(0.2, true);
  }
}
