package ai.lacuna.data;

import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Makes image files of pixels, in memory. Stateless and safe for use by several threads. */
final class ImageEncoder {
  private static final float PERCENT = 100;

  private ImageEncoder() {}

  /** Writes PNG, from which the same pixels are read. */
  static byte[] png(Pixels pixels) throws IOException {
    return write("png", pixels, 0);
  }

  /** Writes JPEG. */
  static byte[] jpeg(Pixels pixels, int quality) throws IOException {
    return write("jpeg", pixels, quality);
  }

  private static byte[] write(String format, Pixels pixels, int quality) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      ImageWriteParam param = writer.getDefaultWriteParam();
      if (quality > 0) {
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(quality / PERCENT);
      }
      writer.write(null, new IIOImage(pixels.toBufferedImage(), null, null), param);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /** Shrinks an image with bicubic kernels so that its shorter side is at most so long. */
  static Pixels shrunk(Pixels pixels, int side) {
    int shorter = Math.min(pixels.height(), pixels.width());
    if (side == 0 || shorter <= side) {
      return pixels;
    }
    int height = (int) Math.max(side, Math.rint((double) pixels.height() * side / shorter));
    int width = (int) Math.max(side, Math.rint((double) pixels.width() * side / shorter));
    return Resize.resize(pixels, Box.whole(pixels), height, width, Interpolation.BICUBIC);
  }
}
