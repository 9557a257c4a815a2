package ai.lacuna.serving;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/** What a TIFF file says its bands are: colour, ink, alpha, or data. */
final class TiffBands {
  private static final int PHOTOMETRIC = 262;
  private static final int SAMPLES_PER_PIXEL = 277;
  private static final int EXTRA_SAMPLES = 338;
  private static final int BLACK_IS_ZERO = 1;
  private static final int RGB = 2;
  private static final int SEPARATED = 5;

  private final int photometric;
  private final int samples;
  private final int[] extras;

  /** Reads the tags of a file. */
  TiffBands(byte[] file) {
    TiffDirectory tags = new TiffDirectory(ByteBuffer.wrap(file));
    photometric = tags.first(PHOTOMETRIC, -1);
    samples = tags.first(SAMPLES_PER_PIXEL, 1);
    extras = tags.values(EXTRA_SAMPLES);
  }

  /** The bands of a pixel, alpha too. */
  int samples() {
    return samples;
  }

  Pixels copy(BufferedImage image, String name) {
    if (photometric == SEPARATED) {
      if (samples != 4) {
        throw new ImageException(
            "%s: expected 4 inks (CMYK), found %d; convert it to RGB".formatted(name, samples));
      }
      return Cmyk.toRgb(BufferedPixels.bands(image, new int[] {0, 1, 2, 3}, name), false);
    }
    int colours = photometric == BLACK_IS_ZERO ? 1 : photometric == RGB ? 3 : samples;
    int[] kept = IntStream.range(0, samples).filter(b -> !isAlpha(b, colours)).toArray();
    return samples <= colours || kept.length <= colours
        ? BufferedPixels.copy(image, name)
        : BufferedPixels.bands(image, kept, name);
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
