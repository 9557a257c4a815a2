package ai.lacuna.serving;

/** Ink to light by {@code r = 255 (1 - c)(1 - k)}, without a profile. */
final class Cmyk {
  private Cmyk() {}

  /**
   * Converts four channels to RGB.
   *
   * @param inks C, M, Y, K
   * @param inverted whether 255 is no ink, as Adobe stores it
   */
  static Pixels toRgb(Pixels inks, boolean inverted) {
    int count = inks.height() * inks.width();
    byte[] in = inks.data();
    byte[] rgb = new byte[Pixels.length(inks.height(), inks.width(), 3)];
    int flip = inverted ? 0 : 255;
    for (int i = 0; i < count; i++) {
      int black = (in[4 * i + 3] & 0xff) ^ flip;
      for (int c = 0; c < 3; c++) {
        int paper = (in[4 * i + c] & 0xff) ^ flip;
        rgb[3 * i + c] = (byte) ((paper * black + 127) / 255);
      }
    }
    return Pixels.of(inks.height(), inks.width(), 3, rgb);
  }
}
