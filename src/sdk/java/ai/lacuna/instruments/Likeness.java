package ai.lacuna.instruments;

import ai.lacuna.serving.Pixels;

/** How much two images of one size are alike. */
public final class Likeness {
  private static final double RANGE = 255;
  private static final int MAX_BYTE = 255;

  /** Window, deviation and constants of Wang et al. 2004, section III.C. */
  private static final int WINDOW = 11;

  private static final double SIGMA = 1.5;
  private static final double C1 = Math.pow(0.01 * RANGE, 2);
  private static final double C2 = Math.pow(0.03 * RANGE, 2);

  private Likeness() {}

  /**
   * Returns the mean squared error of one channel.
   *
   * @param a an image
   * @param b an image of the same size and channels
   * @param channel from 0
   * @return on the scale where black is 0 and white is 1
   */
  public static double squaredError(Pixels a, Pixels b, int channel) {
    requireSameSize(a, b);
    double sum = 0;
    for (int i = channel; i < a.data().length; i += a.channels()) {
      double difference = (a.data()[i] & MAX_BYTE) - (b.data()[i] & MAX_BYTE);
      sum += difference * difference;
    }
    return sum / (RANGE * RANGE) / ((double) a.height() * a.width());
  }

  /**
   * Returns the peak signal-to-noise ratio, {@code 10 · log10(255² / mean squared error)} over all
   * channels.
   *
   * @param a an image
   * @param b an image of the same size and channels
   * @return decibels; infinite for equal images
   */
  public static double psnr(Pixels a, Pixels b) {
    double sum = 0;
    for (int channel = 0; channel < a.channels(); channel++) {
      sum += squaredError(a, b, channel);
    }
    return -10 * Math.log10(sum / a.channels());
  }

  /**
   * Returns the structural similarity (Wang, Bovik, Sheikh and Simoncelli, IEEE TIP 13(4), 2004):
   * an 11 × 11 Gaussian window of deviation 1.5, K1 0.01, K2 0.03, variances divided by the
   * window's weight, the mean over all whole windows and over the channels. An image smaller than
   * the window takes the greatest odd window that fits.
   *
   * @param a an image
   * @param b an image of the same size and channels
   * @return −1 to 1; 1 for equal images
   */
  public static double ssim(Pixels a, Pixels b) {
    requireSameSize(a, b);
    int least = Math.min(a.height(), a.width());
    double[] window = window(Math.min(WINDOW, least % 2 == 1 ? least : least - 1));
    double sum = 0;
    for (int channel = 0; channel < a.channels(); channel++) {
      sum += ssim(plane(a, channel), plane(b, channel), a.height(), a.width(), window);
    }
    return sum / a.channels();
  }

  private static double ssim(double[] a, double[] b, int height, int width, double[] window) {
    double[] meanA = blur(a, height, width, window);
    double[] meanB = blur(b, height, width, window);
    double[] squareA = blur(product(a, a), height, width, window);
    double[] squareB = blur(product(b, b), height, width, window);
    double[] cross = blur(product(a, b), height, width, window);
    double sum = 0;
    for (int i = 0; i < meanA.length; i++) {
      double squares = meanA[i] * meanA[i] + meanB[i] * meanB[i];
      double means = meanA[i] * meanB[i];
      double variances = squareA[i] + squareB[i] - squares;
      double covariance = cross[i] - means;
      sum += (2 * means + C1) * (2 * covariance + C2) / ((squares + C1) * (variances + C2));
    }
    return sum / meanA.length;
  }

  /** Rows, then columns; whole windows only. */
  private static double[] blur(double[] plane, int height, int width, double[] window) {
    int outWidth = width - window.length + 1;
    int outHeight = height - window.length + 1;
    double[] rows = new double[height * outWidth];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < outWidth; x++) {
        double sum = 0;
        for (int k = 0; k < window.length; k++) {
          sum += window[k] * plane[y * width + x + k];
        }
        rows[y * outWidth + x] = sum;
      }
    }
    double[] blurred = new double[outHeight * outWidth];
    for (int y = 0; y < outHeight; y++) {
      for (int x = 0; x < outWidth; x++) {
        double sum = 0;
        for (int k = 0; k < window.length; k++) {
          sum += window[k] * rows[(y + k) * outWidth + x];
        }
        blurred[y * outWidth + x] = sum;
      }
    }
    return blurred;
  }

  private static double[] window(int size) {
    double[] window = new double[size];
    double sum = 0;
    for (int k = 0; k < size; k++) {
      double distance = (k - size / 2) / SIGMA;
      window[k] = Math.exp(-distance * distance / 2);
      sum += window[k];
    }
    for (int k = 0; k < size; k++) {
      window[k] /= sum;
    }
    return window;
  }

  private static double[] plane(Pixels image, int channel) {
    double[] plane = new double[image.height() * image.width()];
    for (int i = 0; i < plane.length; i++) {
      plane[i] = image.data()[i * image.channels() + channel] & MAX_BYTE;
    }
    return plane;
  }

  private static double[] product(double[] a, double[] b) {
    double[] product = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      product[i] = a[i] * b[i];
    }
    return product;
  }

  private static void requireSameSize(Pixels a, Pixels b) {
    if (a.height() != b.height() || a.width() != b.width() || a.channels() != b.channels()) {
      throw new IllegalArgumentException(
          "likeness: expected two images of one size, found " + a + " and " + b);
    }
  }
}
