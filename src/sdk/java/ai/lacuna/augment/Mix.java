package ai.lacuna.augment;

import java.util.Arrays;

/**
 * How the images of one batch are mixed, and with them their labels.
 *
 * <p>Image {@code i} of {@code n} takes from itself by the weights, and from its partner {@code n -
 * 1 - i} by what they lack to 1.
 */
public sealed interface Mix {
  /**
   * Returns the share of the image itself in the mixture, which weighs its label.
   *
   * @return 0…1
   */
  double lambda();

  /**
   * Returns the weight of the image itself at each pixel.
   *
   * @param height the height of the images
   * @param width the width of the images
   * @return {@code [height * width]}, row by row, 0…1
   * @throws IllegalArgumentException if the mixture was drawn for another size
   */
  float[] weights(int height, int width);

  /**
   * Leaves a batch as it is.
   *
   * @return the mixture of weight 1
   */
  static Mix none() {
    return new Blend(1);
  }

  /**
   * Returns the image that another is mixed with; in a batch of odd size the middle one is its own.
   *
   * @param index the image's place in the batch, from 0
   * @param size the size of the batch
   * @return the partner's place
   */
  static int partner(int index, int size) {
    return size - 1 - index;
  }

  /**
   * Makes the targets of the batch: smoothed labels, mixed in single precision.
   *
   * <p>Smoothing {@code s} gives {@code s / classes} to every class and {@code 1 - s} more to the
   * labelled one.
   *
   * @param labels the class of each image, from 0
   * @param classes the number of classes
   * @param smoothing the share that is spread over all classes, 0…1
   * @return {@code [labels][classes]}; each row sums to 1
   * @throws IllegalArgumentException if a label is not one of the classes
   */
  default float[][] targets(int[] labels, int classes, double smoothing) {
    Range.check("label smoothing", smoothing, 0, 1);
    double off = smoothing / classes;
    float[][] plain = new float[labels.length][classes];
    for (int i = 0; i < labels.length; i++) {
      Range.check("label of image %s of the batch".formatted(i), labels[i], 0, classes - 1);
      Arrays.fill(plain[i], (float) off);
      plain[i][labels[i]] = (float) (1 - smoothing + off);
    }
    float own = (float) lambda();
    float other = (float) (1 - lambda());
    float[][] mixed = new float[labels.length][classes];
    for (int i = 0; i < labels.length; i++) {
      float[] partner = plain[partner(i, labels.length)];
      for (int c = 0; c < classes; c++) {
        mixed[i][c] = plain[i][c] * own + partner[c] * other;
      }
    }
    return mixed;
  }

  /**
   * Mixup: the same weight everywhere.
   *
   * @param lambda the weight of the image itself, 0…1
   */
  record Blend(double lambda) implements Mix {
    /** Checks the range. */
    public Blend {
      Range.check("mixup: lambda", lambda, 0, 1);
    }

    @Override
    public float[] weights(int height, int width) {
      float[] weights = new float[Math.multiplyExact(height, width)];
      Arrays.fill(weights, (float) lambda);
      return weights;
    }
  }

  /**
   * Cutmix: a rectangle of the partner.
   *
   * @param top its first row
   * @param left its first column
   * @param bottom the row after its last
   * @param right the column after its last
   * @param height the height of the images
   * @param width the width of the images
   */
  record Cut(int top, int left, int bottom, int right, int height, int width) implements Mix {
    /** Checks that the rectangle is inside; it may be empty. */
    public Cut {
      if (top < 0 || left < 0 || bottom < top || right < left || bottom > height || right > width) {
        throw new IllegalArgumentException(
            "cutmix: expected a box inside %s x %s, found rows %s to %s, columns %s to %s"
                .formatted(height, width, top, bottom, left, right));
      }
    }

    /** The box of a share 1 − lambda of the area around a pixel, cut at the border. */
    static Cut around(int y, int x, double lambda, int height, int width) {
      double ratio = Math.sqrt(1 - lambda);
      int cutHeight = (int) (height * ratio);
      int cutWidth = (int) (width * ratio);
      return new Cut(
          Math.max(0, y - cutHeight / 2),
          Math.max(0, x - cutWidth / 2),
          Math.min(height, y + (cutHeight + 1) / 2),
          Math.min(width, x + (cutWidth + 1) / 2),
          height,
          width);
    }

    /** The share of the area outside the box, after it was cut at the border. */
    @Override
    public double lambda() {
      double area = (double) (bottom - top) * (right - left);
      return 1 - area / ((double) height * width);
    }

    @Override
    public float[] weights(int imageHeight, int imageWidth) {
      if (imageHeight != height || imageWidth != width) {
        throw new IllegalArgumentException(
            "cutmix: expected the size that it was drawn for, %s x %s, found %s x %s"
                .formatted(height, width, imageHeight, imageWidth));
      }
      float[] weights = new float[Math.multiplyExact(height, width)];
      Arrays.fill(weights, 1);
      for (int y = top; y < bottom; y++) {
        Arrays.fill(weights, y * width + left, y * width + right, 0);
      }
      return weights;
    }
  }
}
