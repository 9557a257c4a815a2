package ai.lacuna.segment;

import ai.lacuna.augment.ColorJitter;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.data.ReducedCrop;
import ai.lacuna.data.Transform;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Resize;
import org.jspecify.annotations.Nullable;

/**
 * What is done to training images and their masks alike: a crop, the resize to the network's size
 * and a flip; masks by their nearest pixels. Colours of the image alone change.
 *
 * @param minCropScale least area of a random resized crop, above 0; 1 for the whole image
 * @param flip whether half of the images are mirrored
 * @param colorJitter strength of changes of brightness, contrast and saturation; 0 for none
 * @param jpeg whether JPEGs are decoded in full, or no larger than a crop needs; the crop lies in
 *     the same place, and masks are always read in full
 */
public record SegmentAugmentation(
    double minCropScale, boolean flip, double colorJitter, JpegReading jpeg) {
  /**
   * @throws IllegalArgumentException if a value is out of range, or images are to be reduced but
   *     not cropped
   */
  public SegmentAugmentation {
    requireKnown(jpeg);
    if (!(minCropScale > 0 && minCropScale <= 1) || !(colorJitter >= 0)) {
      throw new IllegalArgumentException(
          "augmentation: expected a least crop above 0 and at most 1 and a colour jitter of at"
              + " least 0, found "
              + minCropScale
              + " and "
              + colorJitter);
    }
    if (jpeg == JpegReading.REDUCED && minCropScale == 1) {
      throw new IllegalArgumentException(
          "jpeg: expected full of images that are not cropped, found reduced; have crops of less"
              + " than the image, or decode in full");
    }
  }

  /** Gson makes null of a word that it does not know. */
  private static void requireKnown(@Nullable JpegReading jpeg) {
    if (jpeg == null) {
      throw new IllegalArgumentException("jpeg: expected full or reduced, found another word");
    }
  }

  /**
   * With JPEGs decoded in full.
   *
   * @param minCropScale least area of a random resized crop, above 0; 1 for the whole image
   * @param flip whether half of the images are mirrored
   * @param colorJitter strength of changes of brightness, contrast and saturation; 0 for none
   */
  public SegmentAugmentation(double minCropScale, boolean flip, double colorJitter) {
    this(minCropScale, flip, colorJitter, JpegReading.FULL);
  }

  /**
   * The same with JPEGs decoded in another way.
   *
   * @param other in full or reduced
   * @return a copy
   */
  public SegmentAugmentation withJpeg(JpegReading other) {
    return new SegmentAugmentation(minCropScale, flip, colorJitter, other);
  }

  /** Mirrored crops of at least half of the area. */
  public static SegmentAugmentation light() {
    return new SegmentAugmentation(0.5, true, 0);
  }

  /** None at all. */
  public static SegmentAugmentation none() {
    return new SegmentAugmentation(1, false, 0);
  }

  /**
   * Of an image with its mask behind, to those of the network's size and channels.
   *
   * @param images about how many there are
   * @throws ai.lacuna.data.DataException if JPEGs are to be reduced, and nothing here does it
   */
  Transform transform(Preprocessing target, int images) {
    Transform decoded =
        (joined, seed, epoch, id) -> {
          Pixels mask = Masks.mask(joined);
          Pixels image = Masks.image(joined).withChannels(target.channels());
          Box box = box(mask, target, CounterRandom.of(seed, epoch, id, Purpose.CROP));
          return finished(resized(image, box, target), mask, box, seed, epoch, id);
        };
    return jpeg == JpegReading.REDUCED
        ? new ReducedPairs(
            decoded,
            ReducedCrop.of(crop(target), target.channels(), images),
            (cut, mask, seed, epoch, id) ->
                finished(cut.pixels(), mask, cut.box(), seed, epoch, id))
        : decoded;
  }

  /** What follows the crop of the image: that of the mask, the flip of both, the colours. */
  private Pixels finished(Pixels cut, Pixels mask, Box box, long seed, long epoch, long id) {
    Pixels part = cut;
    Pixels classes = Masks.nearest(mask, box, part.height(), part.width());
    if (flip && CounterRandom.of(seed, epoch, id, Purpose.FLIP).nextDouble() < 0.5) {
      part = part.flipped();
      classes = classes.flipped();
    }
    Transform colours = colorJitter > 0 ? ColorJitter.of(colorJitter) : Transform.none();
    return Masks.join(colours.apply(part, seed, epoch, id), classes);
  }

  private Box box(Pixels mask, Preprocessing target, CounterRandom random) {
    return minCropScale == 1
        ? Box.whole(mask)
        : crop(target).box(mask.height(), mask.width(), random);
  }

  /** Without the flip, which the mask has too. */
  private RandomResizedCrop crop(Preprocessing target) {
    return new RandomResizedCrop(
        target.height(), target.width(), minCropScale, 1, target.interpolation(), 0);
  }

  private static Pixels resized(Pixels image, Box box, Preprocessing target) {
    return Resize.resize(image, box, target.height(), target.width(), target.interpolation());
  }

  /** A whole image as the network takes it, whatever its aspect, as it is judged. */
  static Pixels whole(Pixels image, Preprocessing target) {
    return resized(image.withChannels(target.channels()), Box.whole(image), target);
  }
}
