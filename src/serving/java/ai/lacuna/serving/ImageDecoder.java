package ai.lacuna.serving;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes hostile bytes: the size is read and checked before any pixel is allocated. */
final class ImageDecoder {
  /** The most samples of a TIFF for each pixel allowed; its pixels may have any number of them. */
  private static final long SAMPLES_PER_PIXEL = 4;

  private ImageDecoder() {}

  static Pixels decode(byte[] file, String name, int maxPixels) {
    if (file.length == 0) {
      throw new ImageException(name + ": expected an image, found an empty file; fetch it again");
    }
    try (ImageInputStream in = stream(file)) {
      ImageReader reader = reader(in).orElseThrow(() -> unknown(file, name));
      try {
        return decode(reader, in, file, name, maxPixels);
      } finally {
        reader.dispose();
      }
    } catch (ImageException e) {
      throw e;
    } catch (OutOfMemoryError e) {
      throw tooLarge(name, e);
    } catch (IOException | RuntimeException e) {
      if (e.getCause() instanceof OutOfMemoryError) {
        throw tooLarge(name, e);
      }
      // The JDK's readers answer damaged files with any of a dozen unchecked exceptions.
      throw new ImageException(
          "%s: expected a whole image, found damaged or unsupported data (%s); fetch or convert it again"
              .formatted(name, e.getMessage()),
          e);
    }
  }

  private static ImageInputStream stream(byte[] file) {
    return new MemoryCacheImageInputStream(new ByteArrayInputStream(file));
  }

  /** A header that lies makes a reader ask for one huge array, which fails without harm. */
  private static ImageException tooLarge(String name, Throwable cause) {
    return new ImageException(
        name
            + ": expected an image that fits into the heap, found one that does not;"
            + " it is damaged, or -Xmx is too small",
        cause);
  }

  static ImageException tooLong(String name) {
    return new ImageException(
        "%s: expected at most %s MB, found more; shrink it"
            .formatted(name, Pixels.MAX_FILE_BYTES >> 20));
  }

  /** The JDK's reader where it has one, so that other plugins change no value of its kinds. */
  private static Optional<ImageReader> reader(ImageInputStream in) {
    ImageReader found = null;
    for (Iterator<ImageReader> all = ImageIO.getImageReaders(in); all.hasNext(); ) {
      ImageReader reader = all.next();
      if (reader.getClass().getModule() == ImageIO.class.getModule()) {
        return Optional.of(reader);
      }
      found = found == null ? reader : found;
    }
    return Optional.ofNullable(found);
  }

  static void checkSize(int width, int height, String name, int maxPixels) {
    long pixels = (long) width * height;
    if (pixels < 1 || pixels > maxPixels) {
      throw new ImageException(
          "%s: expected at most %s pixels, found %s x %s; shrink it"
              .formatted(name, maxPixels, height, width));
    }
  }

  private static Pixels decode(
      ImageReader reader, ImageInputStream in, byte[] file, String name, int maxPixels)
      throws IOException {
    byte[] readable = readable(file, name);
    reader.setInput(readable == file ? in : stream(readable), true, true);
    checkSize(reader.getWidth(0), reader.getHeight(0), name, maxPixels);
    Pixels stored =
        switch (reader.getFormatName().toLowerCase(Locale.ROOT)) {
          case "jpeg", "jpg" -> jpeg(reader, file, name);
          case "tif", "tiff" -> tiff(reader, file, name, maxPixels);
          default -> BufferedPixels.copy(reader.read(0), name);
        };
    return Orientation.of(file).apply(stored);
  }

  /** The file without what readers take for more, or for something else, than it is. */
  private static byte[] readable(byte[] file, String name) {
    if (WebpHeader.isWebp(file)) {
      return WebpHeader.check(file, name);
    }
    if (PngHeader.isPng(file)) {
      PngHeader.check(file, name);
    }
    boolean jpeg = file.length > 2 && file[0] == -1 && file[1] == (byte) 0xd8;
    return jpeg ? JpegSegments.plain(file) : file;
  }

  private static Pixels jpeg(ImageReader reader, byte[] file, String name) throws IOException {
    // A cut or garbled JPEG still decodes; the warning is the only sign.
    refuseWarnings(reader, "JPEG", "", name);
    JpegHeader header = JpegHeader.of(file);
    return switch (header.components()) {
      case 4 -> new JpegInks(header).toRgb(reader.readRaster(0, null));
      case 3 -> rgb(reader, name);
      default -> BufferedPixels.copy(reader.read(0), name);
    };
  }

  /**
   * Decodes into an array that holds red, green and blue in this order. The reader's own choice is
   * blue first, which it copies pixel by pixel, and we again.
   */
  private static Pixels rgb(ImageReader reader, String name) throws IOException {
    if (!reader.getImageTypes(0).hasNext()) {
      return BufferedPixels.copy(reader.read(0), name);
    }
    ColorSpace colours = ColorSpace.getInstance(ColorSpace.CS_sRGB);
    BufferedImage image =
        ImageTypeSpecifier.createInterleaved(
                colours, new int[] {0, 1, 2}, DataBuffer.TYPE_BYTE, false, false)
            .createBufferedImage(reader.getWidth(0), reader.getHeight(0));
    ImageReadParam into = reader.getDefaultReadParam();
    into.setDestination(image);
    reader.read(0, into);
    DataBufferByte samples = (DataBufferByte) image.getRaster().getDataBuffer();
    return Pixels.of(image.getHeight(), image.getWidth(), 3, samples.getData());
  }

  private static Pixels tiff(ImageReader reader, byte[] file, String name, int maxPixels)
      throws IOException {
    long maxSamples = SAMPLES_PER_PIXEL * maxPixels;
    // A cut strip reads as zeros; other warnings are of tags that do not matter.
    refuseWarnings(reader, "TIFF", "truncated", name);
    TiffBands bands = new TiffBands(file);
    long samples = (long) reader.getWidth(0) * reader.getHeight(0) * bands.samples();
    if (samples < 1 || samples > maxSamples) {
      throw new ImageException(
          "%s: expected at most %s samples, found %s x %s with %s bands; shrink it"
              .formatted(
                  name, maxSamples, reader.getHeight(0), reader.getWidth(0), bands.samples()));
    }
    return bands.copy(reader.read(0), name);
  }

  private static void refuseWarnings(ImageReader reader, String kind, String about, String name) {
    reader.addIIOReadWarningListener(
        (source, warning) -> {
          if (warning.contains(about)) {
            throw new ImageException(
                "%s: expected a whole %s, found damage (%s); fetch it again"
                    .formatted(name, kind, warning));
          }
        });
  }

  private static ImageException unknown(byte[] file, String name) {
    String head =
        new String(file, 0, Math.min(file.length, 64), StandardCharsets.ISO_8859_1)
            .toLowerCase(Locale.ROOT);
    String found = "something else; check what the file is";
    if (head.startsWith("riff") && head.startsWith("webp", 8)) {
      found =
          "WebP, which no reader on the class path knows;"
              + " add com.twelvemonkeys.imageio:imageio-webp, or convert it to PNG or JPEG";
    } else if (head.startsWith("ii+\0") || head.startsWith("mm\0+")) {
      found = "BigTIFF; convert it to TIFF";
    } else if (head.startsWith("ftyp", 4)) {
      found = "HEIC, AVIF or a video; convert it to PNG or JPEG";
    } else if (head.startsWith("version https://git-lfs")) {
      found = "a Git LFS pointer; run 'git lfs pull'";
    } else if (head.startsWith("<!doctype html") || head.startsWith("<html")) {
      found = "a web page; fetch the file itself";
    }
    return new ImageException(
        "%s: expected PNG, JPEG, WebP, GIF, BMP or TIFF, found %s".formatted(name, found));
  }
}
