package ai.lacuna.segment;

import ai.lacuna.augment.ColorJitter;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.data.Transform;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Resize;

/**
 * What is done to training images and their masks alike: a crop, the resize to the network's size
 * and a flip; masks by their nearest pixels. Colours of the image alone change.
 *
 * @param minCropScale least area of a random resized crop, above 0; 1 for the whole image
 * @param flip whether half of the images are mirrored
 * @param colorJitter strength of changes of brightness, contrast and saturation; 0 for none
 */
public record SegmentAugmentation(double minCropScale, boolean flip, double colorJitter) {
  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public SegmentAugmentation {
    if (!(minCropScale > 0 && minCropScale <= 1) || !(colorJitter >= 0)) {
      throw new IllegalArgumentException(
          "augmentation: expected a least crop above 0 and at most 1 and a colour jitter of at"
              + " least 0, found "
              + minCropScale
              + " and "
              + colorJitter);
    }
  }

  /** Mirrored crops of at least half of the area. */
  public static SegmentAugmentation light() {
    return new SegmentAugmentation(0.5, true, 0);
  }

  /** None at all. */
  public static SegmentAugmentation none() {
    return new SegmentAugmentation(1, false, 0);
  }

  /** Of an image with its mask behind, to those of the network's size and channels. */
  Transform transform(Preprocessing target) {
    return (joined, seed, epoch, id) -> {
      Pixels mask = Masks.mask(joined);
      Pixels image = Masks.image(joined).withChannels(target.channels());
      Box box = box(mask, target, CounterRandom.of(seed, epoch, id, Purpose.CROP));
      Pixels part = resized(image, box, target);
      Pixels classes = Masks.nearest(mask, box, target.height(), target.width());
      if (flip && CounterRandom.of(seed, epoch, id, Purpose.FLIP).nextDouble() < 0.5) {
        part = part.flipped();
        classes = classes.flipped();
      }
      Transform colours = colorJitter > 0 ? ColorJitter.of(colorJitter) : Transform.none();
      return Masks.join(colours.apply(part, seed, epoch, id), classes);
    };
  }

  private Box box(Pixels mask, Preprocessing target, CounterRandom random) {
    if (minCropScale == 1) {
      return Box.whole(mask);
    }
    return new RandomResizedCrop(
            target.height(), target.width(), minCropScale, 1, Interpolation.BICUBIC, 0)
        .box(mask.height(), mask.width(), random);
  }

  private static Pixels resized(Pixels image, Box box, Preprocessing target) {
    return Resize.resize(image, box, target.height(), target.width(), target.interpolation());
  }

  /** A whole image as the network takes it, whatever its aspect, as it is judged. */
  static Pixels whole(Pixels image, Preprocessing target) {
    return resized(image.withChannels(target.channels()), Box.whole(image), target);
  }
}
