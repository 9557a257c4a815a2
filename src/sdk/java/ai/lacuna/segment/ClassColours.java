package ai.lacuna.segment;

import ai.lacuna.serving.Pixels;
import java.awt.Color;
import java.awt.image.IndexColorModel;

/**
 * A colour for each class, those of PASCAL VOC's masks: bit 0 of the class is the highest bit of
 * red, bit 1 of green, bit 2 of blue, bit 3 the second of red, and so on. So class 0 is black and
 * 255, ignored, is nearly white.
 */
public final class ClassColours {
  private static final int CLASSES = 256;
  private static final int CHANNELS = 3;

  private ClassColours() {}

  /**
   * The colour of a class.
   *
   * @param label 0 to 255
   * @return its colour
   */
  public static Color of(int label) {
    int[] rgb = new int[CHANNELS];
    for (int bit = 0; bit < Byte.SIZE; bit++) {
      rgb[bit % CHANNELS] |= (label >> bit & 1) << (Byte.SIZE - 1 - bit / CHANNELS);
    }
    return new Color(rgb[0], rgb[1], rgb[2]);
  }

  static IndexColorModel palette() {
    byte[] red = new byte[CLASSES];
    byte[] green = new byte[CLASSES];
    byte[] blue = new byte[CLASSES];
    for (int label = 0; label < CLASSES; label++) {
      Color colour = of(label);
      red[label] = (byte) colour.getRed();
      green[label] = (byte) colour.getGreen();
      blue[label] = (byte) colour.getBlue();
    }
    return new IndexColorModel(Byte.SIZE, CLASSES, red, green, blue);
  }

  /**
   * Paints a mask.
   *
   * @param mask [h, w, 1]
   * @return [h, w, 3], the colour of each class
   */
  public static Pixels paint(Pixels mask) {
    byte[] rgb = new byte[CHANNELS * mask.data().length];
    for (int i = 0; i < mask.data().length; i++) {
      Color colour = of(mask.data()[i] & 0xff);
      rgb[CHANNELS * i] = (byte) colour.getRed();
      rgb[CHANNELS * i + 1] = (byte) colour.getGreen();
      rgb[CHANNELS * i + 2] = (byte) colour.getBlue();
    }
    return Pixels.of(mask.height(), mask.width(), CHANNELS, rgb);
  }
}
