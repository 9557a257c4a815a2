package ai.lacuna.serving;

import java.util.Arrays;

/**
 * The one resampler of training and serving: separable, antialiased, 8 bits in and out.
 *
 * <p>Gives the numbers of {@code Image.resize(size, resample, box)} of Pillow up to version 12: the
 * kernel widens with the scale, weights are rounded to 22 fractional bits, the horizontal pass
 * comes first, and its result is rounded and clipped to 0…255 before the vertical pass. A pass that
 * would change nothing is left out. Stateless and safe for use by several threads.
 */
public final class Resize {
  /** 32 bits, less 8 of the pixel, less 2 of head room for kernels that overshoot. */
  private static final int FRACTION_BITS = 22;

  private static final int RGB = 3;

  private static final int HALF = 1 << (FRACTION_BITS - 1);

  private Resize() {}

  /**
   * Resamples a box of an image to the given size.
   *
   * @param image the source
   * @param box the part of it that is shown in the result; must lie inside
   * @param height the height of the result, at least 1
   * @param width the width of the result, at least 1
   * @param interpolation the kernel
   * @return a new image with the source's channels; the source itself if nothing changes
   * @throws IllegalArgumentException if the box leaves the image or the size is not positive
   */
  public static Pixels resize(
      Pixels image, Box box, int height, int width, Interpolation interpolation) {
    // Pillow keeps the edges of the box in single precision.
    float top = (float) box.top();
    float left = (float) box.left();
    float bottom = (float) (box.top() + box.height());
    float right = (float) (box.left() + box.width());
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "resize: expected a size of at least 1 x 1, found %s x %s".formatted(height, width));
    }
    if (bottom > image.height() || right > image.width()) {
      throw new IllegalArgumentException(
          "resize: expected a box inside %s x %s, found %s"
              .formatted(image.height(), image.width(), box));
    }
    Kernel down = Kernel.of(image.height(), top, bottom, height, interpolation);
    boolean vertical = height != image.height() || top != 0 || bottom != height;
    boolean horizontal = width != image.width() || left != 0 || right != width;
    Pixels result = image;
    int firstRow = 0;
    if (horizontal) {
      // Only the rows that the vertical pass looks at.
      firstRow = vertical ? down.first[0] : 0;
      int rows = (vertical ? down.first[height - 1] + down.count[height - 1] : height) - firstRow;
      Kernel across = Kernel.of(image.width(), left, right, width, interpolation);
      result = horizontal(image, firstRow, rows, across);
    }
    return vertical ? vertical(result, firstRow, down) : result;
  }

  private static Pixels horizontal(Pixels image, int firstRow, int rows, Kernel kernel) {
    int channels = image.channels();
    byte[] out = new byte[Pixels.length(rows, kernel.size(), channels)];
    for (int y = 0; y < rows; y++) {
      int from = (firstRow + y) * image.width() * channels;
      int to = y * kernel.size() * channels;
      if (channels == RGB) {
        rowOfRgb(image.data(), from, out, to, kernel);
      } else {
        for (int c = 0; c < channels; c++) {
          row(image.data(), from + c, out, to + c, channels, kernel);
        }
      }
    }
    return Pixels.of(rows, kernel.size(), channels, out);
  }

  /** One channel of one row. */
  private static void row(byte[] in, int from, byte[] out, int to, int step, Kernel kernel) {
    int[] weights = kernel.weights;
    for (int x = 0; x < kernel.size(); x++) {
      int sum = HALF;
      int pixel = from + kernel.first[x] * step;
      int weight = x * kernel.taps;
      int end = weight + kernel.count[x];
      for (; weight < end; weight++, pixel += step) {
        sum += (in[pixel] & 0xff) * weights[weight];
      }
      out[to + x * step] = clip(sum >> FRACTION_BITS);
    }
  }

  /** As {@link #row} for three channels at once, which reads each weight once. */
  private static void rowOfRgb(byte[] in, int from, byte[] out, int to, Kernel kernel) {
    int[] weights = kernel.weights;
    int at = to;
    for (int x = 0; x < kernel.size(); x++) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int pixel = from + kernel.first[x] * RGB;
      int weight = x * kernel.taps;
      int end = weight + kernel.count[x];
      for (; weight < end; weight++, pixel += RGB) {
        int w = weights[weight];
        red += (in[pixel] & 0xff) * w;
        green += (in[pixel + 1] & 0xff) * w;
        blue += (in[pixel + 2] & 0xff) * w;
      }
      out[at++] = clip(red >> FRACTION_BITS);
      out[at++] = clip(green >> FRACTION_BITS);
      out[at++] = clip(blue >> FRACTION_BITS);
    }
  }

  private static Pixels vertical(Pixels image, int firstRow, Kernel kernel) {
    int stride = image.width() * image.channels();
    byte[] in = image.data();
    byte[] out = new byte[Pixels.length(kernel.size(), image.width(), image.channels())];
    int[] sums = new int[stride];
    // Each row is widened once, though several results use it; products of ints are vectorized.
    int[][] wide = new int[Math.max(1, kernel.taps)][stride];
    int widened = 0;
    for (int y = 0; y < kernel.size(); y++) {
      Arrays.fill(sums, HALF);
      int first = kernel.first[y] - firstRow;
      widened = Math.max(widened, first);
      for (; widened < first + kernel.count[y]; widened++) {
        widen(in, widened * stride, wide[widened % wide.length]);
      }
      for (int k = 0; k < kernel.count[y]; k++) {
        accumulate(sums, wide[(first + k) % wide.length], kernel.weights[y * kernel.taps + k]);
      }
      for (int i = 0; i < stride; i++) {
        out[y * stride + i] = clip(sums[i] >> FRACTION_BITS);
      }
    }
    return Pixels.of(kernel.size(), image.width(), image.channels(), out);
  }

  private static void widen(byte[] in, int from, int[] row) {
    for (int i = 0; i < row.length; i++) {
      row[i] = in[from + i] & 0xff;
    }
  }

  private static void accumulate(int[] sums, int[] row, int weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += row[i] * weight;
    }
  }

  private static byte clip(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }

  /** For each result pixel: the first source pixel, how many, and their fixed-point weights. */
  private static final class Kernel {
    private final int taps;
    private final int[] first;
    private final int[] count;
    private final int[] weights;

    private Kernel(int taps, int[] first, int[] count, int[] weights) {
      this.taps = taps;
      this.first = first;
      this.count = count;
      this.weights = weights;
    }

    int size() {
      return first.length;
    }

    static Kernel of(int inSize, float from, float to, int outSize, Interpolation interpolation) {
      double scale = (double) (to - from) / outSize;
      double stretch = Math.max(scale, 1);
      double support = interpolation.support() * stretch;
      int taps = (int) Math.ceil(support) * 2 + 1;
      int[] first = new int[outSize];
      int[] count = new int[outSize];
      int[] weights = new int[Math.multiplyExact(outSize, taps)];
      double[] raw = new double[taps];
      for (int i = 0; i < outSize; i++) {
        double centre = from + (i + 0.5) * scale;
        int begin = Math.max(0, (int) (centre - support + 0.5));
        int end = Math.min(inSize, (int) (centre + support + 0.5));
        double sum = 0;
        for (int k = 0; k < end - begin; k++) {
          raw[k] = interpolation.weight((k + begin - centre + 0.5) * (1 / stretch));
          sum += raw[k];
        }
        for (int k = 0; k < end - begin; k++) {
          double weight = (sum == 0 ? raw[k] : raw[k] / sum) * (1 << FRACTION_BITS);
          weights[i * taps + k] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
        }
        first[i] = begin;
        count[i] = end - begin;
      }
      return new Kernel(taps, first, count, weights);
    }
  }
}
