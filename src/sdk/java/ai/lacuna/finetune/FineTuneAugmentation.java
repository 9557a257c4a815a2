package ai.lacuna.finetune;

import ai.lacuna.augment.ColorJitter;
import ai.lacuna.augment.Mixing;
import ai.lacuna.augment.RandAugment;
import ai.lacuna.augment.RandomErasing;
import ai.lacuna.augment.RandomShift;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.data.Transform;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;

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
 */
public record FineTuneAugmentation(
    double minCropScale,
    int shift,
    boolean flip,
    String randAugment,
    double colorJitter,
    double erasing,
    Mixing mixing) {
  private static final double EVEN_CHANCE = 0.5;

  /**
   * @throws IllegalArgumentException if a value is out of range
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
    if (!randAugment.isEmpty()) {
      RandAugment.parse(randAugment);
    }
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
        minCropScale, shift, flip, randAugment, colorJitter, erasing, other);
  }

  Transform transform(Preprocessing target) {
    Normalization statistics = new Normalization(target.mean(), target.std());
    Transform all = Transform.channels(target.channels());
    if (minCropScale < 1) {
      all =
          all.then(
              new RandomResizedCrop(
                  target.height(),
                  target.width(),
                  minCropScale,
                  1,
                  Interpolation.BICUBIC,
                  flip ? EVEN_CHANCE : 0));
    } else {
      all = all.then((image, seed, epoch, id) -> target.apply(image));
    }
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
}
