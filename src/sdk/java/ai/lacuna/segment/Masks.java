package ai.lacuna.segment;

import ai.lacuna.serving.Box;
import ai.lacuna.serving.Pixels;

/** Masks, and images that have theirs as a last channel. */
public final class Masks {
  /** What a mask says of a pixel that counts in no class, as PASCAL VOC and Cityscapes have it. */
  public static final int IGNORED = 255;

  /** Classes at most: their numbers are bytes, and one of them is taken. */
  public static final int MOST_CLASSES = 255;

  private Masks() {}

  /**
   * Puts a mask behind an image.
   *
   * @param image [h, w, channels]
   * @param mask [h, w, 1]
   * @return [h, w, channels + 1]
   * @throws IllegalArgumentException if the sizes differ, or the mask has several channels
   */
  public static Pixels join(Pixels image, Pixels mask) {
    if (mask.channels() != 1 || !sameSize(image, mask)) {
      throw new IllegalArgumentException(
          "mask: expected %s x %s pixels of one channel, as the image has, found %s"
              .formatted(image.height(), image.width(), mask));
    }
    int channels = image.channels();
    byte[] joined = new byte[image.data().length + mask.data().length];
    for (int i = 0; i < mask.data().length; i++) {
      System.arraycopy(image.data(), i * channels, joined, i * (channels + 1), channels);
      joined[i * (channels + 1) + channels] = mask.data()[i];
    }
    return Pixels.of(image.height(), image.width(), channels + 1, joined);
  }

  static boolean sameSize(Pixels image, Pixels mask) {
    return image.height() == mask.height() && image.width() == mask.width();
  }

  /**
   * Takes the image out of what {@link #join} made.
   *
   * @param joined [h, w, channels + 1]
   * @return [h, w, channels]
   */
  public static Pixels image(Pixels joined) {
    int channels = joined.channels() - 1;
    int count = joined.height() * joined.width();
    byte[] image = new byte[count * channels];
    for (int i = 0; i < count; i++) {
      System.arraycopy(joined.data(), i * (channels + 1), image, i * channels, channels);
    }
    return Pixels.of(joined.height(), joined.width(), channels, image);
  }

  /**
   * Takes the mask out of what {@link #join} made.
   *
   * @param joined [h, w, channels + 1]
   * @return [h, w, 1]
   */
  public static Pixels mask(Pixels joined) {
    int step = joined.channels();
    byte[] mask = new byte[joined.height() * joined.width()];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = joined.data()[i * step + step - 1];
    }
    return Pixels.of(joined.height(), joined.width(), 1, mask);
  }

  /**
   * Resamples a box of a mask: each pixel of the result is the one of the mask that its centre lies
   * in, so that no class is invented between two others.
   *
   * @param mask [h, w, 1]
   * @param box the part of it that is shown; must lie inside
   * @param height of the result, at least 1
   * @param width of the result, at least 1
   * @return [height, width, 1]
   */
  static Pixels nearest(Pixels mask, Box box, int height, int width) {
    int[] columns = centres(box.left(), box.width(), width, mask.width());
    int[] rows = centres(box.top(), box.height(), height, mask.height());
    byte[] result = new byte[height * width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        result[y * width + x] = mask.data()[rows[y] * mask.width() + columns[x]];
      }
    }
    return Pixels.of(height, width, 1, result);
  }

  private static int[] centres(double from, double length, int count, int most) {
    int[] at = new int[count];
    for (int i = 0; i < count; i++) {
      at[i] = Math.min(most - 1, (int) (from + (i + 0.5) * length / count));
    }
    return at;
  }
}
