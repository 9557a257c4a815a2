package ai.lacuna.augment;

import ai.lacuna.data.DataException;
import ai.lacuna.data.Transform;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Pixels;
import java.util.List;

/**
 * Moves an image by a few pixels at random, and mirrors it half of the time: the augmentation of
 * small pictures, usually described as padding and cropping back.
 *
 * <p>The shift is uniform in {@code -padding…padding}, down and across. The size and the number of
 * channels stay, whatever they are.
 *
 * @param padding the most pixels in either direction, at least 0
 * @param border what comes into view
 * @param flipProbability how often the result is mirrored, 0…1
 */
public record RandomShift(int padding, Border border, double flipProbability) implements Transform {
  /** What is beyond the edge of an image. */
  public sealed interface Border {}

  /**
   * A colour.
   *
   * @param values one value for all channels, or one for each, 0…255
   */
  public record Colour(List<Integer> values) implements Border {
    /** Checks the values. */
    public Colour {
      values = Colours.checked(values);
    }
  }

  /** The image's mirror image; pixels at the edge are not repeated. */
  public record Reflection() implements Border {}

  /** Checks the ranges. */
  public RandomShift {
    Range.check("shift: padding", padding, 0, 10_000);
    Range.check("shift: flip probability", flipProbability, 0, 1);
  }

  /**
   * The usual recipe: black beyond the edge, mirrored half of the time.
   *
   * @param padding the most pixels in either direction; 4 for images of 32 × 32
   * @return the transform
   */
  public static RandomShift black(int padding) {
    return new RandomShift(padding, new Colour(List.of(0)), 0.5);
  }

  /**
   * Mirrors at the edge, and the whole half of the time.
   *
   * @param padding the most pixels in either direction, less than the images' sides
   * @return the transform
   */
  public static RandomShift reflected(int padding) {
    return new RandomShift(padding, new Reflection(), 0.5);
  }

  /**
   * Returns this with another chance of being mirrored.
   *
   * @param probability how often the result is mirrored, 0…1
   * @return the transform
   */
  public RandomShift withFlipProbability(double probability) {
    return new RandomShift(padding, border, probability);
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, Purpose.SHIFT);
    int down = random.nextInt(2 * padding + 1) - padding;
    int across = random.nextInt(2 * padding + 1) - padding;
    boolean flip = random.nextDouble() < flipProbability;
    Pixels moved = down == 0 && across == 0 ? image : moved(image, down, across);
    return flip ? moved.flipped() : moved;
  }

  /** The image whose pixel (y, x) was at (y − down, x − across). */
  Pixels moved(Pixels image, int down, int across) {
    int height = image.height();
    int width = image.width();
    int channels = image.channels();
    boolean reflect = border instanceof Reflection;
    if (reflect && padding >= Math.min(height, width)) {
      throw new DataException(
          "shift: expected images with sides above the padding of %s to reflect, found %s x %s"
              .formatted(padding, height, width));
    }
    byte[] fill =
        border instanceof Colour colour ? Colours.bytes(colour.values, channels) : new byte[0];
    byte[] data = new byte[image.data().length];
    for (int y = 0; y < height; y++) {
      int fromY = reflect ? reflected(y - down, height) : y - down;
      for (int x = 0; x < width; x++) {
        int fromX = reflect ? reflected(x - across, width) : x - across;
        boolean inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
        System.arraycopy(
            inside ? image.data() : fill,
            inside ? (fromY * width + fromX) * channels : 0,
            data,
            (y * width + x) * channels,
            channels);
      }
    }
    return Pixels.of(height, width, channels, data);
  }

  private static int reflected(int at, int side) {
    int positive = Math.abs(at);
    return positive < side ? positive : 2 * (side - 1) - positive;
  }
}
