package ai.lacuna.masking;

import ai.lacuna.serving.Pixels;
import java.util.Arrays;
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

  /** Columns of {@link #grey}. */
  private final int stride;

  /** {@code [height + 2][width + 2]}: a frame repeats the nearest pixels. */
  private final int[] grey;

  private PatchDetail(PatchGrid grid, int height, int width, int[] grey) {
    this.grid = grid;
    this.height = height;
    this.width = width;
    this.stride = width + 2;
    this.grey = grey;
  }

  /** Looks at an image whose sides are multiples of the grid's. */
  static PatchDetail of(Pixels image, PatchGrid grid) {
    int height = image.height();
    int width = image.width();
    if (height % grid.height() != 0 || width % grid.width() != 0) {
      throw new IllegalArgumentException(
          "mask: expected an image whose sides are multiples of the grid's, "
              + grid.height()
              + " x "
              + grid.width()
              + ", found "
              + image);
    }
    int[] grey = new int[(height + 2) * (width + 2)];
    if (!isBlank(image)) {
      for (int row = 0; row < height + 2; row++) {
        int y = Math.max(0, Math.min(height - 1, row - 1));
        for (int column = 0; column < width + 2; column++) {
          int x = Math.max(0, Math.min(width - 1, column - 1));
          grey[row * (width + 2) + column] = sum(image, y * width + x);
        }
      }
    }
    return new PatchDetail(grid, height, width, grey);
  }

  private static int sum(Pixels image, int pixel) {
    int sum = 0;
    for (int i = pixel * image.channels(); i < (pixel + 1) * image.channels(); i++) {
      sum += image.data()[i] & BYTE;
    }
    return sum;
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
    double[] means = mean(at -> grey[at]);
    double[] squares = mean(at -> (double) grey[at] * grey[at]);
    double[] deviations = new double[means.length];
    Arrays.setAll(deviations, i -> Math.sqrt(Math.max(0, squares[i] - means[i] * means[i])));
    return overMean(deviations);
  }

  double[] edges() {
    return overMean(mean(this::gradient));
  }

  double[] flatness() {
    double[] energy = overMean(mean(at -> laplacian(at) * laplacian(at)));
    return Arrays.stream(energy).map(e -> 1 / e).toArray();
  }

  /** The length of Sobel's gradient; its square is a whole number. */
  private double gradient(int at) {
    int above = at - stride;
    int below = at + stride;
    double across =
        grey[above + 1]
            + 2 * grey[at + 1]
            + grey[below + 1]
            - grey[above - 1]
            - 2 * grey[at - 1]
            - grey[below - 1];
    double down =
        grey[below - 1]
            + 2 * grey[below]
            + grey[below + 1]
            - grey[above - 1]
            - 2 * grey[above]
            - grey[above + 1];
    return Math.sqrt(across * across + down * down);
  }

  private double laplacian(int at) {
    return grey[at - stride] + grey[at + stride] + grey[at - 1] + grey[at + 1] - 4 * grey[at];
  }

  /** A measure at a place of {@link #grey}. */
  @FunctionalInterface
  private interface Measure {
    double at(int place);
  }

  /** The mean of a measure over each patch. */
  private double[] mean(Measure measure) {
    int patchHeight = height / grid.height();
    int patchWidth = width / grid.width();
    double[] means = new double[grid.size()];
    for (int y = 0; y < height; y++) {
      for (int column = 0; column < grid.width(); column++) {
        int from = (y + 1) * stride + 1 + column * patchWidth;
        double sum = 0;
        for (int at = from; at < from + patchWidth; at++) {
          sum += measure.at(at);
        }
        means[y / patchHeight * grid.width() + column] += sum;
      }
    }
    double pixels = (double) patchHeight * patchWidth;
    Arrays.setAll(means, i -> means[i] / pixels);
    return means;
  }

  private static double[] overMean(double[] values) {
    double mean = DoubleStream.of(values).average().orElse(0);
    return DoubleStream.of(values).map(v -> FLOOR + (mean > 0 ? v / mean : 1)).toArray();
  }
}
