package ai.lacuna.serving;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/**
 * Copies between {@link Pixels} and Java images without letting a colour profile change a value.
 */
final class BufferedPixels {
  private BufferedPixels() {}

  static Pixels copy(BufferedImage image, String name) {
    ColorModel model = image.getColorModel();
    if (model instanceof ComponentColorModel) {
      int type = model.getColorSpace().getType();
      int shift = shift(model, name);
      if (type == ColorSpace.TYPE_GRAY && shift >= 0) {
        return colours(image, new int[] {0}, shift);
      }
      if (type == ColorSpace.TYPE_RGB && shift >= 0) {
        return colours(image, new int[] {0, 1, 2}, shift);
      }
      if (type != ColorSpace.TYPE_RGB && type != ColorSpace.TYPE_GRAY) {
        throw new ImageException(
            "%s: expected grey or RGB, found %s colour components of another kind (CMYK?);"
                    .formatted(name, model.getNumColorComponents())
                + " convert it to RGB");
      }
    }
    return packed(image, model instanceof IndexColorModel palette && isGrey(palette));
  }

  /** Copies some bands as they are, whatever colours the image takes them for. */
  static Pixels bands(BufferedImage image, int[] kept, String name) {
    int shift = shift(image.getColorModel(), name);
    if (shift < 0) {
      throw new ImageException(
          "%s: expected bands of 8 or 16 bits, found %s; convert it"
              .formatted(name, image.getColorModel().getComponentSize(0)));
    }
    return samples(image, kept, shift);
  }

  static BufferedImage image(Pixels pixels) {
    int channels = pixels.channels();
    if (channels != 1 && channels != 3) {
      throw new ImageException(
          "picture: expected 1 or 3 channels, found %s; choose the channels to show"
              .formatted(channels));
    }
    int type = channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR;
    BufferedImage image = new BufferedImage(pixels.width(), pixels.height(), type);
    WritableRaster raster = image.getRaster();
    int[] row = new int[pixels.width() * channels];
    for (int y = 0; y < pixels.height(); y++) {
      for (int i = 0; i < row.length; i++) {
        row[i] = pixels.data()[y * row.length + i] & 0xff;
      }
      raster.setPixels(0, y, pixels.width(), 1, row);
    }
    return image;
  }

  /** How far samples are shifted right to become 8 bits; -1 when the colour model must convert. */
  private static int shift(ColorModel model, String name) {
    int transfer = model.getTransferType();
    if (transfer == DataBuffer.TYPE_BYTE || transfer == DataBuffer.TYPE_USHORT) {
      return model.getComponentSize(0) - 8;
    }
    throw new ImageException(
        name + ": expected 8 or 16 unsigned bits per sample, found another kind; convert it");
  }

  private static Pixels colours(BufferedImage image, int[] kept, int shift) {
    if (!image.isAlphaPremultiplied()) {
      return samples(image, kept, shift);
    }
    Raster raster = image.getRaster();
    int width = image.getWidth();
    int bands = raster.getNumBands();
    int top = (0x100 << shift) - 1;
    byte[] data = new byte[Pixels.length(image.getHeight(), width, kept.length)];
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int alpha = row[x * bands + bands - 1];
        for (int band : kept) {
          data[at++] = (byte) (divided(row[x * bands + band], alpha, top) >> shift);
        }
      }
    }
    return Pixels.of(image.getHeight(), width, kept.length, data);
  }

  /** The colour that was multiplied by alpha, rounded as Pillow does; itself where none is left. */
  private static int divided(int sample, int alpha, int top) {
    return alpha == 0 ? sample : (int) Math.min(top, (long) sample * top / alpha);
  }

  private static Pixels samples(BufferedImage image, int[] kept, int shift) {
    int channels = kept.length;
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] data = new byte[Pixels.length(height, width, channels)];
    Raster raster = image.getRaster();
    if (shift == 0
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && raster.getSampleModel() instanceof PixelInterleavedSampleModel layout) {
      interleaved(raster, buffer, layout, kept, data);
      return Pixels.of(height, width, channels, data);
    }
    int bands = raster.getNumBands();
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int band : kept) {
          data[at++] = (byte) (row[x * bands + band] >> shift);
        }
      }
    }
    return Pixels.of(height, width, channels, data);
  }

  /** As {@link Raster#getPixels} would give it, straight from the array that holds most images. */
  private static void interleaved(
      Raster raster,
      DataBufferByte buffer,
      PixelInterleavedSampleModel layout,
      int[] kept,
      byte[] data) {
    int top = raster.getMinY() - raster.getSampleModelTranslateY();
    int left = raster.getMinX() - raster.getSampleModelTranslateX();
    int stride = layout.getPixelStride();
    for (int c = 0; c < kept.length; c++) {
      int bank = layout.getBankIndices()[kept[c]];
      byte[] samples = buffer.getData(bank);
      int origin =
          buffer.getOffsets()[bank]
              + layout.getBandOffsets()[kept[c]]
              + top * layout.getScanlineStride()
              + left * stride;
      int to = c;
      for (int y = 0; y < raster.getHeight(); y++) {
        int from = origin + y * layout.getScanlineStride();
        for (int x = 0; x < raster.getWidth(); x++, from += stride, to += kept.length) {
          data[to] = samples[from];
        }
      }
    }
  }

  private static Pixels packed(BufferedImage image, boolean grey) {
    int width = image.getWidth();
    int height = image.getHeight();
    int channels = grey ? 1 : 3;
    byte[] data = new byte[Pixels.length(height, width, channels)];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int argb : row) {
        if (!grey) {
          data[at++] = (byte) (argb >> 16);
          data[at++] = (byte) (argb >> 8);
        }
        data[at++] = (byte) argb;
      }
    }
    return Pixels.of(height, width, channels, data);
  }

  private static boolean isGrey(IndexColorModel palette) {
    for (int i = 0; i < palette.getMapSize(); i++) {
      if (palette.getRed(i) != palette.getGreen(i) || palette.getRed(i) != palette.getBlue(i)) {
        return false;
      }
    }
    return true;
  }
}
