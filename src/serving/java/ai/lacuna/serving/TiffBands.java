package ai.lacuna.serving;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/** What a TIFF file says its bands are: colour, ink, alpha, or data. */
final class TiffBands {
  private static final int PHOTOMETRIC = 262;
  private static final int SAMPLES_PER_PIXEL = 277;
  private static final int COLOR_MAP = 320;
  private static final int EXTRA_SAMPLES = 338;
  private static final int BLACK_IS_ZERO = 1;
  private static final int RGB = 2;
  private static final int PALETTE = 3;
  private static final int SEPARATED = 5;

  private final int photometric;
  private final int samples;
  private final int[] extras;
  private final int[] palette;

  /** Reads the tags of a file. */
  TiffBands(byte[] file) {
    TiffDirectory tags = new TiffDirectory(ByteBuffer.wrap(file));
    photometric = tags.first(PHOTOMETRIC, -1);
    samples = tags.first(SAMPLES_PER_PIXEL, 1);
    extras = tags.values(EXTRA_SAMPLES);
    palette = tags.values(COLOR_MAP);
  }

  /** The bands of a pixel, alpha too. */
  int samples() {
    return samples;
  }

  Pixels copy(BufferedImage decoded, String name) {
    BufferedImage image = scaled(decoded);
    if (photometric == SEPARATED) {
      if (samples != 4) {
        throw new ImageException(
            "%s: expected 4 inks (CMYK), found %s; convert it to RGB".formatted(name, samples));
      }
      return Cmyk.toRgb(BufferedPixels.bands(image, new int[] {0, 1, 2, 3}, name), false);
    }
    if (photometric == PALETTE) {
      if (image.getColorModel() instanceof IndexColorModel indexed) {
        return BufferedPixels.copy(coloured(image, indexed), name);
      }
      throw new ImageException(
          "%s: expected a palette of colours, found indices with %s; convert it to RGB"
              .formatted(name, samples > 1 ? "another band" : "none"));
    }
    int colours = photometric == BLACK_IS_ZERO ? 1 : photometric == RGB ? 3 : samples;
    int[] kept = IntStream.range(0, samples).filter(b -> !isAlpha(b, colours)).toArray();
    return samples <= colours || kept.length <= colours
        ? BufferedPixels.copy(image, name)
        : BufferedPixels.bands(image, kept, name);
  }

  /**
   * Samples of other widths than 8 and 16 bits come scaled up to one of these; the colour model
   * goes on to tell of the file's.
   */
  private static BufferedImage scaled(BufferedImage image) {
    ColorModel model = image.getColorModel();
    int type = model.getTransferType();
    boolean whole = model.getComponentSize(0) == DataBuffer.getDataTypeSize(type);
    if (!(model instanceof ComponentColorModel)
        || whole
        || (type != DataBuffer.TYPE_BYTE && type != DataBuffer.TYPE_USHORT)) {
      return image;
    }
    ColorModel own =
        new ComponentColorModel(
            model.getColorSpace(),
            model.hasAlpha(),
            model.isAlphaPremultiplied(),
            model.getTransparency(),
            type);
    return new BufferedImage(own, image.getRaster(), model.isAlphaPremultiplied(), null);
  }

  /** With the high bytes of the palette's 16 bits; the reader's own rule darkens them by one. */
  private BufferedImage coloured(BufferedImage image, IndexColorModel indexed) {
    int size = indexed.getMapSize();
    if (palette.length != 3 * size) {
      return image;
    }
    byte[][] colours = new byte[3][size];
    for (int i = 0; i < palette.length; i++) {
      colours[i / size][i % size] = (byte) (palette[i] >> 8);
    }
    IndexColorModel own =
        new IndexColorModel(indexed.getPixelSize(), size, colours[0], colours[1], colours[2]);
    return new BufferedImage(own, image.getRaster(), false, null);
  }

  /** Only what the file marks as alpha, associated (1) or not (2), is; the rest is data. */
  private boolean isAlpha(int band, int colours) {
    int extra = band - colours;
    return extra >= 0 && extra < extras.length && (extras[extra] == 1 || extras[extra] == 2);
  }

  @Override
  public String toString() {
    return "TiffBands[" + photometric + ", " + samples + ", " + Arrays.toString(extras) + "]";
  }
}
