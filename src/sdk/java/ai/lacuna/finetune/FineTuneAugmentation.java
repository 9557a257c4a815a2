package ai.lacuna.finetune;

import ai.lacuna.augment.ColorJitter;
import ai.lacuna.augment.Mixing;
import ai.lacuna.augment.RandAugment;
import ai.lacuna.augment.RandomErasing;
import ai.lacuna.augment.RandomShift;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.data.ReducedCrop;
import ai.lacuna.data.Transform;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;
import org.jspecify.annotations.Nullable;

/**
 * What is done to training images, in this order; images that are judged are only resized.
 *
 * @param minCropScale least area of a random resized crop, above 0; 1 for the whole image
 * @param shift pixels by which the image is moved at most, over black; 0 for none
 * @param flip whether half of the images are mirrored
 * @param randAugment as timm writes it, {@code rand-m9-mstd0.5-inc1}; empty for none
 * @param colorJitter strength of changes of brightness, contrast and saturation; 0 for none
 * @param erasing how often a rectangle is erased and filled with noise, 0 to 1
 * @param mixing mixup and cutmix
 * @param jpeg whether JPEGs are decoded in full, or no larger than a crop needs
 */
public record FineTuneAugmentation(
    double minCropScale,
    int shift,
    boolean flip,
    String randAugment,
    double colorJitter,
    double erasing,
    Mixing mixing,
    JpegReading jpeg) {
  private static final double EVEN_CHANCE = 0.5;

  /**
   * @throws IllegalArgumentException if a value is out of range, or whole images are to be reduced
   */
  public FineTuneAugmentation {
    if (!(minCropScale > 0 && minCropScale <= 1) || shift < 0) {
      throw new IllegalArgumentException(
          "augmentation: expected a least crop above 0 and at most 1 and a shift of at least 0,"
              + " found "
              + minCropScale
              + " and "
              + shift);
    }
    requireKnown(jpeg);
    if (jpeg == JpegReading.REDUCED && minCropScale == 1) {
      throw new IllegalArgumentException(
          "jpeg: expected full of images that are not cropped, found reduced; have crops of less"
              + " than the whole area");
    }
    if (!randAugment.isEmpty()) {
      RandAugment.parse(randAugment);
    }
  }

  /** Gson makes null of a word that it does not know. */
  private static void requireKnown(@Nullable JpegReading jpeg) {
    if (jpeg == null) {
      throw new IllegalArgumentException("jpeg: expected full or reduced, found another word");
    }
  }

  /**
   * JPEGs decoded in full.
   *
   * @param minCropScale least area of a random resized crop, above 0; 1 for the whole image
   * @param shift pixels by which the image is moved at most, over black; 0 for none
   * @param flip whether half of the images are mirrored
   * @param randAugment as timm writes it, {@code rand-m9-mstd0.5-inc1}; empty for none
   * @param colorJitter strength of changes of brightness, contrast and saturation; 0 for none
   * @param erasing how often a rectangle is erased and filled with noise, 0 to 1
   * @param mixing mixup and cutmix
   */
  public FineTuneAugmentation(
      double minCropScale,
      int shift,
      boolean flip,
      String randAugment,
      double colorJitter,
      double erasing,
      Mixing mixing) {
    this(minCropScale, shift, flip, randAugment, colorJitter, erasing, mixing, JpegReading.FULL);
  }

  /** Mirrored images, and crops of at least 80 % of the area. */
  public static FineTuneAugmentation light() {
    return new FineTuneAugmentation(0.8, 0, true, "", 0, 0, Mixing.none());
  }

  /** The recipe of MAE's fine-tuning (arXiv 2111.06377, table 9), with its crop of 8 %. */
  public static FineTuneAugmentation mae() {
    return new FineTuneAugmentation(0.08, 0, true, "rand-m9-mstd0.5-inc1", 0, 0.25, Mixing.mae());
  }

  /** None at all. */
  public static FineTuneAugmentation none() {
    return new FineTuneAugmentation(1, 0, false, "", 0, 0, Mixing.none());
  }

  /** The same with other mixing. */
  public FineTuneAugmentation withMixing(Mixing other) {
    return new FineTuneAugmentation(
        minCropScale, shift, flip, randAugment, colorJitter, erasing, other, jpeg);
  }

  /** The same with JPEGs decoded in another way. */
  public FineTuneAugmentation withJpeg(JpegReading other) {
    return new FineTuneAugmentation(
        minCropScale, shift, flip, randAugment, colorJitter, erasing, mixing, other);
  }

  /**
   * All of it, for all epochs of a run.
   *
   * @param images about how many there are
   * @throws ai.lacuna.data.DataException if JPEGs are to be reduced, and nothing here can do it
   */
  Transform transform(Preprocessing target, int images) {
    Normalization statistics = new Normalization(target.mean(), target.std());
    Transform all = toSize(target, images);
    boolean mirrors = flip && minCropScale == 1;
    if (shift > 0 || mirrors) {
      all = all.then(RandomShift.black(shift).withFlipProbability(mirrors ? EVEN_CHANCE : 0));
    }
    if (!randAugment.isEmpty()) {
      all = all.then(RandAugment.parse(randAugment).withMean(statistics));
    }
    if (colorJitter > 0) {
      all = all.then(ColorJitter.of(colorJitter));
    }
    if (erasing > 0) {
      all =
          all.then(RandomErasing.of(RandomErasing.Mode.PIXEL, statistics).withProbability(erasing));
    }
    return all;
  }

  private Transform toSize(Preprocessing target, int images) {
    Transform channels = Transform.channels(target.channels());
    if (minCropScale == 1) {
      return channels.then((image, seed, epoch, id) -> target.apply(image));
    }
    RandomResizedCrop crop =
        new RandomResizedCrop(
            target.height(),
            target.width(),
            minCropScale,
            1,
            Interpolation.BICUBIC,
            flip ? EVEN_CHANCE : 0);
    return jpeg == JpegReading.REDUCED
        ? ReducedCrop.of(crop, target.channels(), images)
        : channels.then(crop);
  }
}
