package ai.lacuna.serving;

import java.nio.ByteBuffer;

/**
 * The EXIF orientation of a JPEG file: tag 0x0112 of the first directory, 1…8.
 *
 * @param transposed rows and columns change places, before the flips
 * @param flipVertical the rows then change order
 * @param flipHorizontal the columns then change order
 */
record JpegOrientation(boolean transposed, boolean flipVertical, boolean flipHorizontal) {
  private static final JpegOrientation UPRIGHT = new JpegOrientation(false, false, false);
  private static final int APP1 = 0xffe1;
  private static final int START_OF_SCAN = 0xffda;
  private static final int EXIF = 0x45786966;
  private static final int ORIENTATION = 0x0112;

  /** Reads the tag; anything missing or malformed means upright. */
  static JpegOrientation of(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file);
    int at = 2;
    while (at + 10 <= file.length) {
      int marker = in.getShort(at) & 0xffff;
      int length = in.getShort(at + 2) & 0xffff;
      if (marker == START_OF_SCAN || marker < 0xff00 || length < 2) {
        return UPRIGHT;
      }
      if (marker == APP1 && in.getInt(at + 4) == EXIF) {
        int end = Math.min(file.length, at + 2 + length);
        ByteBuffer exif = in.slice(at + 10, Math.max(0, end - at - 10));
        return of(new TiffDirectory(exif).first(ORIENTATION, 1));
      }
      at += 2 + length;
    }
    return UPRIGHT;
  }

  private static JpegOrientation of(int tag) {
    return switch (tag) {
      case 2 -> new JpegOrientation(false, false, true);
      case 3 -> new JpegOrientation(false, true, true);
      case 4 -> new JpegOrientation(false, true, false);
      case 5 -> new JpegOrientation(true, false, false);
      case 6 -> new JpegOrientation(true, false, true);
      case 7 -> new JpegOrientation(true, true, true);
      case 8 -> new JpegOrientation(true, true, false);
      default -> UPRIGHT;
    };
  }

  /** Turns the image upright. */
  Pixels apply(Pixels image) {
    if (equals(UPRIGHT)) {
      return image;
    }
    int channels = image.channels();
    int height = transposed ? image.width() : image.height();
    int width = transposed ? image.height() : image.width();
    byte[] in = image.data();
    byte[] out = new byte[in.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int row = flipVertical ? height - 1 - y : y;
        int column = flipHorizontal ? width - 1 - x : x;
        int from = (transposed ? column * image.width() + row : row * width + column) * channels;
        System.arraycopy(in, from, out, (y * width + x) * channels, channels);
      }
    }
    return Pixels.of(height, width, channels, out);
  }
}
