package ai.lacuna.serving;

import java.awt.image.Raster;

/**
 * What a JPEG's header says of its colours; the JDK decodes four components only as they are.
 *
 * @param components of the frame; 0 if no frame was found
 * @param adobe whether there is an Adobe segment, whose writers invert ink
 * @param transform of that segment: 2 is YCCK
 */
record JpegInks(int components, boolean adobe, int transform) {
  private static final int APP14 = 0xee;
  private static final int START_OF_SCAN = 0xda;

  /** Reads the segments before the first scan. */
  static JpegInks of(byte[] file) {
    int components = 0;
    boolean adobe = false;
    int transform = 0;
    int at = 2;
    while (at + 4 <= file.length && file[at] == -1) {
      int marker = file[at + 1] & 0xff;
      if (marker == 0xff) {
        at++;
        continue;
      }
      int length = (file[at + 2] & 0xff) << 8 | (file[at + 3] & 0xff);
      if (marker == START_OF_SCAN || length < 2 || at + 2 + length > file.length) {
        break;
      }
      if (isFrame(marker) && length >= 8) {
        components = file[at + 9] & 0xff;
      } else if (marker == APP14 && length >= 14 && isAdobe(file, at + 4)) {
        adobe = true;
        transform = file[at + 15] & 0xff;
      }
      at += 2 + length;
    }
    return new JpegInks(components, adobe, transform);
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static boolean isAdobe(byte[] file, int at) {
    return file[at] == 'A'
        && file[at + 1] == 'd'
        && file[at + 2] == 'o'
        && file[at + 3] == 'b'
        && file[at + 4] == 'e';
  }

  /** Converts the four components as stored. */
  Pixels toRgb(Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] inks = new byte[Pixels.length(height, width, 4)];
    int[] row = new int[width * 4];
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i++) {
        inks[y * row.length + i] = (byte) row[i];
      }
    }
    if (adobe && transform == 2) {
      separate(inks);
    }
    return Cmyk.toRgb(Pixels.of(height, width, 4, inks), adobe);
  }

  /** Turns YCCK into CMYK: YCbCr becomes RGB by JFIF, whose complement is the ink. */
  private static void separate(byte[] inks) {
    for (int i = 0; i < inks.length; i += 4) {
      double luma = inks[i] & 0xff;
      int blue = (inks[i + 1] & 0xff) - 128;
      int red = (inks[i + 2] & 0xff) - 128;
      inks[i] = complement(luma + 1.402 * red);
      inks[i + 1] = complement(luma - 0.344136 * blue - 0.714136 * red);
      inks[i + 2] = complement(luma + 1.772 * blue);
    }
  }

  private static byte complement(double light) {
    return (byte) (255 - Math.max(0, Math.min(255, Math.round(light))));
  }
}
