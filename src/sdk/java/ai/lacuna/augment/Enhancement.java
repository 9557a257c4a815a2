package ai.lacuna.augment;

import ai.lacuna.serving.Pixels;
import java.util.function.IntUnaryOperator;

/**
 * An operation on colours: a blend of the image with a duller version of it, or a turn of the hue.
 *
 * <p>A factor of 1 changes nothing, 0 gives the duller version, more than 1 goes away from it. The
 * blend is computed in single precision, truncated and cut to 0…255, as Pillow's. Grey and RGB
 * images change; others stay as they are.
 */
public sealed interface Enhancement extends Operation {
  /** The largest factor. */
  double MAX_FACTOR = 1e6;

  /**
   * Blends with the grey version of the image: saturation. Grey images stay.
   *
   * @param factor at least 0
   */
  record Color(double factor) implements Enhancement {
    /** Checks the range. */
    public Color {
      Range.check("color: factor", factor, 0, MAX_FACTOR);
    }

    @Override
    public Pixels apply(Pixels image) {
      if (image.channels() != 3) {
        return image;
      }
      byte[] grey = image.withChannels(1).data();
      return blend(image, i -> grey[i / 3] & 0xff, factor);
    }
  }

  /**
   * Blends with the image's mean grey, a rounded value.
   *
   * @param factor at least 0
   */
  record Contrast(double factor) implements Enhancement {
    /** Checks the range. */
    public Contrast {
      Range.check("contrast: factor", factor, 0, MAX_FACTOR);
    }

    @Override
    public Pixels apply(Pixels image) {
      if (!Colours.has(image)) {
        return image;
      }
      byte[] grey = image.withChannels(1).data();
      long sum = 0;
      for (byte value : grey) {
        sum += value & 0xff;
      }
      int mean = (int) ((double) sum / grey.length + 0.5);
      return blend(image, i -> mean, factor);
    }
  }

  /**
   * Blends with black.
   *
   * @param factor at least 0
   */
  record Brightness(double factor) implements Enhancement {
    /** Checks the range. */
    public Brightness {
      Range.check("brightness: factor", factor, 0, MAX_FACTOR);
    }

    @Override
    public Pixels apply(Pixels image) {
      return Colours.has(image) ? blend(image, i -> 0, factor) : image;
    }
  }

  /**
   * Blends with a smoothed image: the weighted mean of 3 × 3 pixels, 5 in the middle and 1 around;
   * pixels at the edge stay.
   *
   * @param factor at least 0
   */
  record Sharpness(double factor) implements Enhancement {
    private static final int WEIGHTS = 13;

    /** Checks the range. */
    public Sharpness {
      Range.check("sharpness: factor", factor, 0, MAX_FACTOR);
    }

    @Override
    public Pixels apply(Pixels image) {
      return Colours.has(image) ? blend(image, i -> smooth(image, i), factor) : image;
    }

    private static int smooth(Pixels image, int i) {
      byte[] data = image.data();
      int channels = image.channels();
      int row = image.width() * channels;
      int y = i / row;
      int x = i % row / channels;
      if (y == 0 || x == 0 || y == image.height() - 1 || x == image.width() - 1) {
        return data[i] & 0xff;
      }
      int sum = 4 * (data[i] & 0xff);
      for (int at = i - row; at <= i + row; at += row) {
        sum += (data[at - channels] & 0xff) + (data[at] & 0xff) + (data[at + channels] & 0xff);
      }
      return (2 * sum + WEIGHTS) / (2 * WEIGHTS);
    }
  }

  /**
   * Turns the hue, by way of 8-bit HSV, which alone rounds colours. Grey images stay.
   *
   * @param turn the part of a full turn, −0.5…0.5, cut to whole 255ths
   */
  record Hue(double turn) implements Enhancement {
    /** Checks the range. */
    public Hue {
      Range.check("hue: turn", turn, -0.5, 0.5);
    }

    @Override
    public Pixels apply(Pixels image) {
      if (image.channels() != 3) {
        return image;
      }
      byte[] data = image.data().clone();
      Hsv.turn(data, (int) (turn * 255));
      return Pixels.of(image.height(), image.width(), 3, data);
    }
  }

  /** Blends with the duller image, whose value at an index is asked for. */
  private static Pixels blend(Pixels image, IntUnaryOperator dull, double factor) {
    if (factor == 1) {
      return image;
    }
    float alpha = (float) factor;
    byte[] from = image.data();
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length; i++) {
      int start = dull.applyAsInt(i);
      float value = start + alpha * ((from[i] & 0xff) - start);
      to[i] = (byte) Math.max(0, Math.min(255, (int) value));
    }
    return Pixels.of(image.height(), image.width(), image.channels(), to);
  }
}
