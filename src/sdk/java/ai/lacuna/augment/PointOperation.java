package ai.lacuna.augment;

import ai.lacuna.serving.Pixels;

/**
 * An operation that maps each value of a channel by a table, which the channel's histogram may
 * shape.
 *
 * <p>Grey and RGB images change; others stay as they are.
 */
public sealed interface PointOperation extends Operation {
  /** The number of values of a byte. */
  int VALUES = 256;

  /**
   * Makes the table of one channel.
   *
   * @param histogram how often each value occurs, {@code [256]}
   * @return what becomes of each value, {@code [256]}, each 0…255
   */
  int[] table(int[] histogram);

  @Override
  default Pixels apply(Pixels image) {
    int channels = image.channels();
    if (!Colours.has(image)) {
      return image;
    }
    byte[] from = image.data();
    byte[] to = new byte[from.length];
    for (int c = 0; c < channels; c++) {
      int[] histogram = new int[VALUES];
      for (int i = c; i < from.length; i += channels) {
        histogram[from[i] & 0xff]++;
      }
      int[] table = table(histogram);
      for (int i = c; i < from.length; i += channels) {
        to[i] = (byte) table[from[i] & 0xff];
      }
    }
    return Pixels.of(image.height(), image.width(), channels, to);
  }

  /** Stretches each channel's values to 0…255; a channel of one value stays. */
  record AutoContrast() implements PointOperation {
    @Override
    public int[] table(int[] histogram) {
      int low = 0;
      while (low < VALUES - 1 && histogram[low] == 0) {
        low++;
      }
      int high = VALUES - 1;
      while (high > 0 && histogram[high] == 0) {
        high--;
      }
      int[] table = identity();
      if (high > low) {
        double scale = 255.0 / (high - low);
        double offset = -low * scale;
        for (int i = 0; i < VALUES; i++) {
          table[i] = Math.max(0, Math.min(255, (int) (i * scale + offset)));
        }
      }
      return table;
    }
  }

  /**
   * Makes each channel's histogram about even; a channel of one value stays, and one with fewer
   * than 255 values besides its brightest.
   */
  record Equalize() implements PointOperation {
    @Override
    public int[] table(int[] histogram) {
      int total = 0;
      int last = 0;
      for (int count : histogram) {
        total += count;
        last = count == 0 ? last : count;
      }
      int[] table = identity();
      int step = (total - last) / 255;
      if (step > 0) {
        int n = step / 2;
        for (int i = 0; i < VALUES; i++) {
          table[i] = Math.min(255, n / step);
          n += histogram[i];
        }
      }
      return table;
    }
  }

  /** Makes a negative. */
  record Invert() implements PointOperation {
    @Override
    public int[] table(int[] histogram) {
      return new Solarize(0).table(histogram);
    }
  }

  /**
   * Keeps the most significant bits of each value.
   *
   * @param bits how many, 0…8; with 0 the image becomes black, as in Pillow until it refused that
   */
  record Posterize(int bits) implements PointOperation {
    /** Checks the range. */
    public Posterize {
      Range.check("posterize: bits", bits, 0, 8);
    }

    @Override
    public int[] table(int[] histogram) {
      int[] table = identity();
      int mask = -(1 << (8 - bits));
      for (int i = 0; i < VALUES; i++) {
        table[i] &= mask;
      }
      return table;
    }
  }

  /**
   * Inverts bright values.
   *
   * @param threshold the least value that is inverted, 0…256
   */
  record Solarize(int threshold) implements PointOperation {
    /** Checks the range. */
    public Solarize {
      Range.check("solarize: threshold", threshold, 0, VALUES);
    }

    @Override
    public int[] table(int[] histogram) {
      int[] table = identity();
      for (int i = threshold; i < VALUES; i++) {
        table[i] = 255 - i;
      }
      return table;
    }
  }

  /**
   * Adds to dark values, those below 128, and cuts at 255.
   *
   * @param add what is added, 0…255
   */
  record SolarizeAdd(int add) implements PointOperation {
    private static final int THRESHOLD = 128;

    /** Checks the range. */
    public SolarizeAdd {
      Range.check("solarize: add", add, 0, 255);
    }

    @Override
    public int[] table(int[] histogram) {
      int[] table = identity();
      for (int i = 0; i < THRESHOLD; i++) {
        table[i] = Math.min(255, i + add);
      }
      return table;
    }
  }

  private static int[] identity() {
    int[] table = new int[VALUES];
    for (int i = 0; i < VALUES; i++) {
      table[i] = i;
    }
    return table;
  }
}
