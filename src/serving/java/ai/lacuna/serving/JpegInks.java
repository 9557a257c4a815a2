package ai.lacuna.serving;

import java.awt.image.Raster;

/**
 * The colours of a JPEG of four components, which the JDK decodes only as they are.
 *
 * @param header what the file says of them
 */
record JpegInks(JpegHeader header) {

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
    if (header.adobe() && header.transform() == 2) {
      separate(inks);
    }
    return Cmyk.toRgb(Pixels.of(height, width, 4, inks), header.adobe());
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
