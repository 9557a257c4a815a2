package ai.lacuna.augment;

import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;

/**
 * Draws an image through an affine map, as Pillow's {@code Image.transform(size, AFFINE, ...)}.
 *
 * <p>The map takes the centre of a pixel of the result to a place in the source; places outside the
 * source take the fill. Neighbours beyond the edge are those at the edge; results are truncated to
 * bytes. Unlike in resizing, Pillow's cubic kernel is here Keys' with a = −1.
 */
final class AffineWarp {
  private final Pixels image;
  private final byte[] data;
  private final int channels;
  private final Interpolation interpolation;

  private AffineWarp(Pixels image, Interpolation interpolation) {
    this.image = image;
    this.data = image.data();
    this.channels = image.channels();
    this.interpolation = interpolation;
  }

  /**
   * Warps an image.
   *
   * @param map a, b, c, d, e, f: x becomes a x + b y + c, and y becomes d x + e y + f
   */
  static Pixels warp(Pixels image, double[] map, Interpolation interpolation, byte[] fill) {
    return new AffineWarp(image, interpolation).warp(map, fill);
  }

  private Pixels warp(double[] map, byte[] fill) {
    int height = image.height();
    int width = image.width();
    byte[] result = new byte[data.length];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double fromX = map[0] * (x + 0.5) + map[1] * (y + 0.5) + map[2];
        double fromY = map[3] * (x + 0.5) + map[4] * (y + 0.5) + map[5];
        boolean inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
        for (int c = 0; c < channels; c++) {
          result[at++] = inside ? sample(fromX - 0.5, fromY - 0.5, c) : fill[c];
        }
      }
    }
    return Pixels.of(height, width, channels, result);
  }

  private byte sample(double x, double y, int channel) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    double value =
        interpolation == Interpolation.BILINEAR
            ? linear(
                row(top, left, x - left, channel), row(top + 1, left, x - left, channel), y - top)
            : cubic(
                row(top - 1, left, x - left, channel),
                row(top, left, x - left, channel),
                row(top + 1, left, x - left, channel),
                row(top + 2, left, x - left, channel),
                y - top);
    return (byte) Math.max(0, Math.min(255, (int) value));
  }

  /** A row's value between the columns {@code left} and {@code left + 1}. */
  private double row(int y, int left, double part, int channel) {
    int start = Math.max(0, Math.min(image.height() - 1, y)) * image.width();
    if (interpolation == Interpolation.BILINEAR) {
      return linear(value(start, left, channel), value(start, left + 1, channel), part);
    }
    return cubic(
        value(start, left - 1, channel),
        value(start, left, channel),
        value(start, left + 1, channel),
        value(start, left + 2, channel),
        part);
  }

  private int value(int start, int x, int channel) {
    int inside = Math.max(0, Math.min(image.width() - 1, x));
    return data[(start + inside) * channels + channel] & 0xff;
  }

  private static double linear(double a, double b, double part) {
    return a + (b - a) * part;
  }

  private static double cubic(double a, double b, double c, double d, double part) {
    double square = 2 * (a - b) + c - d;
    double cube = -a + b - c + d;
    return b + part * (-a + c + part * (square + part * cube));
  }
}
