package ai.lacuna.serving;

/**
 * Logits of an image at a network's size, interpolated bilinearly to the image's own, as the
 * network's head does it (pixel centres aligned, not corners).
 */
public final class LogitMap {
  private final float[] logits;
  private final int from;
  private final int classes;
  private final int height;
  private final int width;

  /**
   * Wraps logits.
   *
   * @param logits of several images, [images, classes, height, width]
   * @param image which of them, from 0
   * @param classes of each pixel, at least 1
   * @param height of the logits, at least 1
   * @param width of the logits, at least 1
   */
  public LogitMap(float[] logits, int image, int classes, int height, int width) {
    this.logits = logits;
    this.from = image * classes * height * width;
    this.classes = classes;
    this.height = height;
    this.width = width;
  }

  /** Receives the logits of a pixel, which are overwritten by the next one's. */
  public interface PixelSink {
    /**
     * Receives a pixel.
     *
     * @param index of the pixel, row by row
     * @param logits of its classes
     */
    void accept(int index, float[] logits);
  }

  /**
   * Goes over the pixels of an image of some size, row by row.
   *
   * @param toHeight the image's height
   * @param toWidth the image's width
   * @param sink receives them
   */
  public void forEach(int toHeight, int toWidth, PixelSink sink) {
    Axis columns = new Axis(width, toWidth);
    Axis rows = new Axis(height, toHeight);
    float[] pixel = new float[classes];
    for (int y = 0; y < toHeight; y++) {
      for (int x = 0; x < toWidth; x++) {
        for (int k = 0; k < classes; k++) {
          int plane = from + k * height * width;
          float above = columns.between(logits, plane + rows.low[y] * width, x);
          float below = columns.between(logits, plane + rows.high[y] * width, x);
          pixel[k] = above + rows.share[y] * (below - above);
        }
        sink.accept(y * toWidth + x, pixel);
      }
    }
  }

  /**
   * The most likely class of each pixel, the first of equal ones.
   *
   * @param toHeight the image's height
   * @param toWidth the image's width
   * @return [toHeight, toWidth, 1], of at most 256 classes
   * @throws IllegalArgumentException if a logit is NaN or infinite
   */
  public Pixels mask(int toHeight, int toWidth) {
    requireFinite();
    byte[] mask = new byte[toHeight * toWidth];
    forEach(toHeight, toWidth, (index, pixel) -> mask[index] = (byte) greatest(pixel));
    return Pixels.of(toHeight, toWidth, 1, mask);
  }

  private void requireFinite() {
    for (int i = 0; i < classes * height * width; i++) {
      if (!Float.isFinite(logits[from + i])) {
        throw new IllegalArgumentException(
            "logits: expected finite numbers, found %s for class %s in row %s, column %s; check the network's weights"
                .formatted(logits[from + i], i / (height * width), i / width % height, i % width));
      }
    }
  }

  /** The index of the greatest value, the first of equal ones. */
  public static int greatest(float[] values) {
    int greatest = 0;
    for (int i = 1; i < values.length; i++) {
      greatest = values[i] > values[greatest] ? i : greatest;
    }
    return greatest;
  }

  /** For each place of a result, the two of the source that it lies between. */
  private static final class Axis {
    private final int[] low;
    private final int[] high;
    private final float[] share;

    Axis(int from, int to) {
      low = new int[to];
      high = new int[to];
      share = new float[to];
      for (int i = 0; i < to; i++) {
        double at = Math.max(0, (i + 0.5) * from / to - 0.5);
        low[i] = Math.min(from - 1, (int) at);
        high[i] = Math.min(from - 1, low[i] + 1);
        share[i] = (float) (at - low[i]);
      }
    }

    float between(float[] values, int row, int i) {
      float left = values[row + low[i]];
      return left + share[i] * (values[row + high[i]] - left);
    }
  }
}
