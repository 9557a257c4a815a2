package ai.lacuna.pretrain;

import ai.lacuna.data.JpegReading;
import ai.lacuna.serving.Preprocessing;
import org.jspecify.annotations.Nullable;

/**
 * How images are varied: a random resized crop, bicubic, and a mirror; or, of images that are
 * padded and not cropped, the mirror alone.
 *
 * @param minCropScale least share of the image's area that a crop takes, in (0, 1] 1 of images that
 *     are padded
 * @param flip whether half of the images are mirrored
 * @param fit how other sizes become the network's, in training and after it
 * @param jpeg whether JPEGs are decoded in full, or no larger than a crop needs; in full where
 *     images are padded
 */
public record Augmentation(
    double minCropScale, boolean flip, Preprocessing.Fit fit, JpegReading jpeg) {
  /**
   * @throws IllegalArgumentException if the scale is out of range, or images are to be padded and
   *     reduced
   */
  public Augmentation {
    requireKnown("fit", fit, "crop, pad or keep");
    requireKnown("jpeg", jpeg, "full or reduced");
    if (!(minCropScale > 0 && minCropScale <= 1)) {
      throw new IllegalArgumentException(
          "minCropScale: expected more than 0 and at most 1, found " + minCropScale);
    }
    if (fit.pads() && minCropScale != 1) {
      throw new IllegalArgumentException(
          "minCropScale: expected 1 of images that are padded, found " + minCropScale);
    }
    if (fit.pads() && jpeg == JpegReading.REDUCED) {
      throw new IllegalArgumentException(
          "jpeg: expected full of images that are padded, found reduced; only crops are reduced");
    }
  }

  /** Gson makes null of a word that it does not know. */
  private static void requireKnown(String what, @Nullable Object value, String words) {
    if (value == null) {
      throw new IllegalArgumentException(what + ": expected " + words + ", found another word");
    }
  }

  /**
   * A random resized crop.
   *
   * @param minCropScale least share of the image's area that a crop takes, in (0, 1]
   * @param flip whether half of the images are mirrored
   */
  public Augmentation(double minCropScale, boolean flip) {
    this(minCropScale, flip, Preprocessing.Fit.CROP, JpegReading.FULL);
  }

  /**
   * The same with JPEGs decoded in another way.
   *
   * @param other in full or reduced
   * @return a copy
   */
  public Augmentation withJpeg(JpegReading other) {
    return new Augmentation(minCropScale, flip, fit, other);
  }

  /**
   * Whole images, padded to the network's aspect. Patches that hold nothing but padding have no
   * part in the loss.
   *
   * @param flip whether half of the images are mirrored
   * @return the augmentation
   */
  public static Augmentation padded(boolean flip) {
    return padded(flip, Preprocessing.Fit.PAD);
  }

  /**
   * Whole images, padded. Patches that hold nothing but padding have no part in the loss.
   *
   * @param flip whether half of the images are mirrored
   * @param fit how, to the network's aspect or, unless they are larger, without scaling
   * @return the augmentation
   */
  public static Augmentation padded(boolean flip, Preprocessing.Fit fit) {
    return new Augmentation(1, flip, fit, JpegReading.FULL);
  }

  /** The paper's: crops of 20 % to 100 %, mirrored (arXiv 2111.06377, table 8). */
  public static Augmentation paper() {
    return new Augmentation(0.2, true);
  }
}
