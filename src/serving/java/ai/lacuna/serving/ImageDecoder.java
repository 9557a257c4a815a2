package ai.lacuna.serving;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes hostile bytes: the size is read and checked before any pixel is allocated. */
final class ImageDecoder {
  private ImageDecoder() {}

  static Pixels decode(byte[] file, String name) {
    if (file.length == 0) {
      throw new ImageException(name + ": expected an image, found an empty file; fetch it again");
    }
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw unknown(file, name);
      }
      ImageReader reader = readers.next();
      try {
        return decode(reader, in, file, name);
      } finally {
        reader.dispose();
      }
    } catch (ImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The JDK's readers answer damaged files with any of a dozen unchecked exceptions.
      throw new ImageException(
          "%s: expected a whole image, found damaged or unsupported data (%s); fetch or convert it again"
              .formatted(name, e.getMessage()),
          e);
    }
  }

  static ImageException tooLong(String name) {
    return new ImageException(
        "%s: expected at most %d MB, found more; shrink it"
            .formatted(name, Pixels.MAX_FILE_BYTES >> 20));
  }

  private static Pixels decode(ImageReader reader, ImageInputStream in, byte[] file, String name)
      throws IOException {
    boolean jpeg = reader.getFormatName().toLowerCase(Locale.ROOT).contains("jp");
    reader.setInput(in, true, true);
    long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
    if (pixels < 1 || pixels > Pixels.MAX_PIXELS) {
      throw new ImageException(
          "%s: expected at most %d pixels, found %d x %d; shrink it"
              .formatted(name, Pixels.MAX_PIXELS, reader.getHeight(0), reader.getWidth(0)));
    }
    if (jpeg) {
      // A cut or garbled JPEG still decodes; the warning is the only sign.
      IIOReadWarningListener refuse =
          (source, warning) -> {
            throw new ImageException(
                "%s: expected a whole JPEG, found damage (%s); fetch it again"
                    .formatted(name, warning));
          };
      reader.addIIOReadWarningListener(refuse);
    }
    BufferedImage image = reader.read(0);
    Pixels upright = BufferedPixels.copy(image, name);
    return jpeg ? JpegOrientation.of(file).apply(upright) : upright;
  }

  private static ImageException unknown(byte[] file, String name) {
    String head =
        new String(file, 0, Math.min(file.length, 64), StandardCharsets.ISO_8859_1)
            .toLowerCase(Locale.ROOT);
    String found = "something else; check what the file is";
    if (head.startsWith("riff") && head.startsWith("webp", 8)) {
      found = "WebP, which the JDK does not read; convert it to PNG or JPEG";
    } else if (head.startsWith("ftyp", 4)) {
      found = "HEIC, AVIF or a video; convert it to PNG or JPEG";
    } else if (head.startsWith("version https://git-lfs")) {
      found = "a Git LFS pointer; run 'git lfs pull'";
    } else if (head.startsWith("<!doctype html") || head.startsWith("<html")) {
      found = "a web page; fetch the file itself";
    }
    return new ImageException(
        "%s: expected PNG, JPEG, GIF, BMP or TIFF, found %s".formatted(name, found));
  }
}
