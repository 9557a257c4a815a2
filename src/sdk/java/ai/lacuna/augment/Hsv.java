package ai.lacuna.augment;

/** Hue, saturation and value in 8 bits each, by Pillow's arithmetic: floats, truncated. */
final class Hsv {
  private Hsv() {}

  /**
   * Turns the hue of RGB pixels in place.
   *
   * @param rgb three bytes for each pixel
   * @param steps 255ths of a turn
   */
  static void turn(byte[] rgb, int steps) {
    for (int i = 0; i < rgb.length; i += 3) {
      int red = rgb[i] & 0xff;
      int green = rgb[i + 1] & 0xff;
      int blue = rgb[i + 2] & 0xff;
      int most = Math.max(red, Math.max(green, blue));
      int least = Math.min(red, Math.min(green, blue));
      if (most == least) {
        continue; // Grey has no hue.
      }
      float range = most - least;
      int saturation = (int) (range / most * 255.0);
      if (saturation == 0) {
        rgb[i] = rgb[i + 1] = rgb[i + 2] = (byte) most;
        continue;
      }
      int hue = (int) (hue(red, green, blue, most, range) * 255.0) + steps & 0xff;
      write(rgb, i, hue, saturation, most);
    }
  }

  /** The hue as part of a turn, 0…1. */
  private static float hue(int red, int green, int blue, int most, float range) {
    float r = (most - red) / range;
    float g = (most - green) / range;
    float b = (most - blue) / range;
    float sixth;
    if (red == most) {
      sixth = b - g;
    } else if (green == most) {
      sixth = (float) (2.0 + r - b);
    } else {
      sixth = (float) (4.0 + g - r);
    }
    return (float) ((sixth / 6.0 + 1.0) % 1.0);
  }

  private static void write(byte[] rgb, int i, int hue, int saturation, int value) {
    double sixths = (float) hue * 6.0 / 255.0;
    int sector = (int) Math.floor(sixths);
    float rest = (float) (sixths - (float) sector);
    float share = (float) (saturation / 255.0);
    byte v = (byte) value;
    byte p = round(value * (1.0 - share));
    byte q = round(value * (1.0 - share * rest));
    byte t = round(value * (1.0 - share * (1.0 - rest)));
    switch (sector % 6) {
      case 0 -> put(rgb, i, v, t, p);
      case 1 -> put(rgb, i, q, v, p);
      case 2 -> put(rgb, i, p, v, t);
      case 3 -> put(rgb, i, p, q, v);
      case 4 -> put(rgb, i, t, p, v);
      default -> put(rgb, i, v, p, q);
    }
  }

  private static void put(byte[] rgb, int i, byte red, byte green, byte blue) {
    rgb[i] = red;
    rgb[i + 1] = green;
    rgb[i + 2] = blue;
  }

  /** The nearest byte; halves go up, and nothing here is negative. */
  private static byte round(double value) {
    return (byte) Math.min(255, (int) Math.floor(value + 0.5));
  }
}
