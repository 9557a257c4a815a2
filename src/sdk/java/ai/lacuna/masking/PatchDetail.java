package ai.lacuna.masking;

import ai.lacuna.serving.Pixels;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;
import java.util.stream.DoubleStream;

/**
 * What the patches of one image show, by its grey values: the sum of the channels. All measures are
 * relative to those of the image, and of whole numbers a patch of one colour has exactly no
 * contrast. An image whose channels each span at most one of 256 levels is blank: that much comes
 * from rounding, in a resize or a JPEG, and would else be all the contrast there is.
 */
final class PatchDetail {
  /** Keeps weights above 0, and apart where half of an image is blank. */
  private static final double FLOOR = 0.05;

  private static final int BYTE = 0xff;

  private final PatchGrid grid;
  private final int height;
  private final int width;
  private final double[] grey;

  private PatchDetail(PatchGrid grid, int height, int width, double[] grey) {
    this.grid = grid;
    this.height = height;
    this.width = width;
    this.grey = grey;
  }

  /** Looks at an image whose sides are multiples of the grid's. */
  static PatchDetail of(Pixels image, PatchGrid grid) {
    if (image.height() % grid.height() != 0 || image.width() % grid.width() != 0) {
      throw new IllegalArgumentException(
          "mask: expected an image whose sides are multiples of the grid's, "
              + grid.height()
              + " x "
              + grid.width()
              + ", found "
              + image);
    }
    double[] grey = new double[image.height() * image.width()];
    boolean blank = isBlank(image);
    for (int i = 0; !blank && i < image.data().length; i++) {
      grey[i / image.channels()] += image.data()[i] & BYTE;
    }
    return new PatchDetail(grid, image.height(), image.width(), grey);
  }

  private static boolean isBlank(Pixels image) {
    int[] least = new int[image.channels()];
    int[] most = new int[image.channels()];
    Arrays.fill(least, BYTE);
    for (int i = 0; i < image.data().length; i++) {
      int channel = i % image.channels();
      int value = image.data()[i] & BYTE;
      least[channel] = Math.min(least[channel], value);
      most[channel] = Math.max(most[channel], value);
      if (most[channel] - least[channel] > 1) {
        return false;
      }
    }
    return true;
  }

  double[] contrast() {
    double[] means = mean((y, x) -> at(y, x));
    double[] squares = mean((y, x) -> at(y, x) * at(y, x));
    double[] deviations = new double[means.length];
    Arrays.setAll(deviations, i -> Math.sqrt(Math.max(0, squares[i] - means[i] * means[i])));
    return overMean(deviations);
  }

  double[] edges() {
    return overMean(mean(this::gradient));
  }

  double[] flatness() {
    double[] energy = overMean(mean((y, x) -> laplacian(y, x) * laplacian(y, x)));
    return Arrays.stream(energy).map(e -> 1 / e).toArray();
  }

  /** Sobel's kernels, with a sum of absolute weights of 8 each way. */
  private double gradient(int y, int x) {
    double across =
        at(y - 1, x + 1)
            + 2 * at(y, x + 1)
            + at(y + 1, x + 1)
            - at(y - 1, x - 1)
            - 2 * at(y, x - 1)
            - at(y + 1, x - 1);
    double down =
        at(y + 1, x - 1)
            + 2 * at(y + 1, x)
            + at(y + 1, x + 1)
            - at(y - 1, x - 1)
            - 2 * at(y - 1, x)
            - at(y - 1, x + 1);
    return Math.hypot(across, down);
  }

  private double laplacian(int y, int x) {
    return at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1) - 4 * at(y, x);
  }

  /** The grey value; beyond the border that of the nearest pixel. */
  private double at(int y, int x) {
    int row = Math.max(0, Math.min(height - 1, y));
    int column = Math.max(0, Math.min(width - 1, x));
    return grey[row * width + column];
  }

  @FunctionalInterface
  private interface Measure {
    double at(int y, int x);
  }

  /** The mean of a measure over each patch. */
  private double[] mean(Measure measure) {
    int patchHeight = height / grid.height();
    int patchWidth = width / grid.width();
    double[] sums = new double[grid.size()];
    IntBinaryOperator patch = (y, x) -> y / patchHeight * grid.width() + x / patchWidth;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        sums[patch.applyAsInt(y, x)] += measure.at(y, x);
      }
    }
    double pixels = (double) patchHeight * patchWidth;
    return Arrays.stream(sums).map(sum -> sum / pixels).toArray();
  }

  private static double[] overMean(double[] values) {
    double mean = DoubleStream.of(values).average().orElse(0);
    return DoubleStream.of(values).map(v -> FLOOR + (mean > 0 ? v / mean : 1)).toArray();
  }
}
