package ai.lacuna.segment;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.Pixels;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * Masks as PNG: a class is a grey value of up to 8 bits, or an index into a palette, whose colours
 * mean nothing.
 */
public final class MaskPng {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final long MOST_BYTES = 512L << 20;

  private MaskPng() {}

  /**
   * Reads a mask.
   *
   * @param file a PNG file
   * @return [h, w, 1], a class for each pixel
   * @throws DataException if it is no PNG, is damaged, has colours or more than 8 bits
   * @throws IOException if it can't be read
   */
  public static Pixels read(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new DataException(
          file + ": expected a mask of at most 512 MB, found more; check the file");
    }
    byte[] bytes = Files.readAllBytes(file);
    if (!Arrays.equals(bytes, 0, Math.min(8, bytes.length), SIGNATURE, 0, 8)) {
      throw new DataException(
          file + ": expected a mask as PNG, found another kind of file; write masks as PNG");
    }
    try {
      return decode(bytes, file);
    } catch (DataException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The JDK's reader answers damaged files with any of a dozen unchecked exceptions.
      throw new DataException(
          file
              + ": expected a whole PNG, found damaged data ("
              + e.getMessage()
              + "); fetch it again",
          e);
    }
  }

  private static Pixels decode(byte[] bytes, Path file) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true);
      long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
      if (pixels > Pixels.MAX_PIXELS) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: expected a mask of at most %,d pixels, found %,d; shrink image and mask",
                file,
                Pixels.MAX_PIXELS,
                pixels));
      }
      return classes(reader.read(0), file);
    } finally {
      reader.dispose();
    }
  }

  private static Pixels classes(BufferedImage image, Path file) {
    Raster raster = image.getRaster();
    if (raster.getNumBands() != 1) {
      throw new DataException(
          file
              + ": expected a mask of one channel whose values are classes, found "
              + raster.getNumBands()
              + " channels (colours); write class numbers as a grey or palette PNG");
    }
    int bits = raster.getSampleModel().getSampleSize(0);
    if (bits > 8) {
      throw new DataException(
          file + ": expected a mask of up to 8 bits, found " + bits + "; write it with 8");
    }
    int height = raster.getHeight();
    int width = raster.getWidth();
    int[] samples = raster.getSamples(0, 0, width, height, 0, (int[]) null);
    byte[] classes = new byte[samples.length];
    for (int i = 0; i < samples.length; i++) {
      classes[i] = (byte) samples[i];
    }
    return Pixels.of(height, width, 1, classes);
  }

  /**
   * Writes a mask with a palette that shows classes in different colours, those of PASCAL VOC.
   *
   * @param mask [h, w, 1]
   * @return the file's content
   * @throws IOException if it can't be written
   */
  public static byte[] write(Pixels mask) throws IOException {
    IndexColorModel palette = ClassColours.palette();
    BufferedImage image =
        new BufferedImage(mask.width(), mask.height(), BufferedImage.TYPE_BYTE_INDEXED, palette);
    image.getRaster().setDataElements(0, 0, mask.width(), mask.height(), mask.data());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }
}
