package ai.lacuna.segment;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** The size of an image by its header, so that masks are checked without decoding images. */
final class ImageHeader {
  private ImageHeader() {}

  /**
   * What is wrong with a mask's size. An image may stand on its side, which its EXIF data says;
   * that is looked at when it is decoded, and so is all that the JDK's own readers do not know.
   */
  static Optional<DataException> misfit(MaskedFolder.Pair pair, Pixels mask) {
    try (ImageInputStream in = ImageIO.createImageInputStream(pair.image().toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      while (readers.hasNext()) {
        ImageReader reader = readers.next();
        if (reader.getClass().getModule() == ImageIO.class.getModule()) {
          return misfit(reader, in, pair, mask);
        }
      }
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // A damaged image is said, and counted, when it is decoded.
    }
  }

  private static Optional<DataException> misfit(
      ImageReader reader, ImageInputStream in, MaskedFolder.Pair pair, Pixels mask)
      throws IOException {
    try {
      reader.setInput(in, true, true);
      int height = reader.getHeight(0);
      int width = reader.getWidth(0);
      boolean fits = height == mask.height() && width == mask.width();
      boolean turned = height == mask.width() && width == mask.height();
      return fits || turned
          ? Optional.empty()
          : Optional.of(MaskedFolder.anotherSize(pair.mask(), mask, pair.image(), height, width));
    } finally {
      reader.dispose();
    }
  }
}
