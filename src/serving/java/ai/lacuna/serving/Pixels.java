package ai.lacuna.serving;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A decoded image: uint8, {@code [height, width, channels]}, row by row, channels interleaved.
 *
 * <p>One channel is grey, three are RGB; other counts are data that only the caller understands.
 * The array is shared, not copied: do not write to it after handing it over.
 */
public final class Pixels {
  /** The most pixels that an image may have; checked before anything is allocated. */
  public static final int MAX_PIXELS = 64_000_000;

  /** The longest file that is read, in bytes. */
  static final int MAX_FILE_BYTES = 512 << 20;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final int height;
  private final int width;
  private final int channels;
  private final byte[] data;

  private Pixels(int height, int width, int channels, byte[] data) {
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.data = data;
  }

  /**
   * Wraps an array; takes ownership of it.
   *
   * @param height the height, at least 1
   * @param width the width, at least 1
   * @param channels the channels, at least 1
   * @param data {@code height * width * channels} bytes
   * @return the image
   * @throws IllegalArgumentException if the length does not match
   */
  public static Pixels of(int height, int width, int channels, byte[] data) {
    if (data.length != length(height, width, channels)) {
      throw new IllegalArgumentException(
          "pixels of %s x %s x %s: expected %s bytes, found %s"
              .formatted(height, width, channels, length(height, width, channels), data.length));
    }
    return new Pixels(height, width, channels, data);
  }

  /** The bytes of an image; refuses sizes that are not positive or do not fit an array. */
  static int length(int height, int width, int channels) {
    if (height < 1 || width < 1 || channels < 1) {
      throw new IllegalArgumentException(
          "pixels: expected a size of at least 1 x 1 x 1, found %s x %s x %s"
              .formatted(height, width, channels));
    }
    return Math.multiplyExact(Math.multiplyExact(height, width), channels);
  }

  /**
   * Reads an image file; the kind is told by its content, not by its name.
   *
   * <p>Kinds: JPEG, PNG, GIF, BMP and TIFF; WebP with {@code
   * com.twelvemonkeys.imageio:imageio-webp} on the class path. What becomes of them:
   *
   * <table>
   * <caption>Rules</caption>
   * <tr><th>image</th><th>pixels</th><th>why</th></tr>
   * <tr><td>grey; black and white</td><td>1 channel, black is 0</td><td>nothing is lost</td></tr>
   * <tr><td>16 bits</td><td>{@code v >> 8}</td><td>one rule for all images, none stretched</td></tr>
   * <tr><td>TIFF of 9 to 15 bits</td><td>the upper 8</td><td>as of 16 bits</td></tr>
   * <tr><td>2 to 7 bits</td><td>spread over 0 to 255</td><td>white is white</td></tr>
   * <tr><td>palette</td><td>RGB; grey when all its colours are</td><td>indices mean nothing</td></tr>
   * <tr><td>alpha</td><td>dropped, the colours beneath stay; premultiplied ones are divided</td>
   *     <td>as Pillow's {@code convert("RGB")}, with which published weights were trained; no
   *     background is invented</td></tr>
   * <tr><td>CMYK, YCCK</td><td>{@code 255 (1 - c)(1 - k)}; a JPEG with an Adobe segment is inverted
   *     first</td><td>needs no profile; the segment's writers invert</td></tr>
   * <tr><td>TIFF with more bands</td><td>a channel each, but for bands marked as alpha; at most 4
   *     times {@link #MAX_PIXELS} samples</td><td>they are data, not colour</td></tr>
   * <tr><td>float, signed or 32-bit TIFF</td><td>refused</td><td>its range is not told</td></tr>
   * <tr><td>lossy WebP</td><td>chroma repeated, not interpolated; luma as libwebp's</td>
   *     <td>so does the plugin</td></tr>
   * <tr><td>colour profile</td><td>not applied</td><td>as in the usual training pipelines</td></tr>
   * <tr><td>EXIF orientation</td><td>applied to JPEG, PNG ({@code eXIf}), WebP and TIFF: height,
   *     width and pixels are those of the upright image</td><td>people see it so</td></tr>
   * <tr><td>animation, pages</td><td>the first; of a GIF the picture alone where the screen around
   *     it is larger</td><td>what is around it is often transparent</td></tr>
   * <tr><td>damage</td><td>refused: a JPEG with any warning, a PNG with a wrong checksum
   *     of its size or palette, a TIFF or WebP that is cut</td>
   *     <td>decoders fill with grey or zeros instead</td></tr>
   * </table>
   *
   * @param file the file
   * @return the image, with 1 or 3 channels, or those of a TIFF with more bands
   * @throws ImageException if it is no image, is damaged, or is larger than {@link #MAX_PIXELS}
   * @throws IOException if the file cannot be read
   */
  public static Pixels read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new ImageException(file + ": expected an image, found a folder; give the files in it");
    }
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw ImageDecoder.tooLong(file.toString());
    }
    return ImageDecoder.decode(Files.readAllBytes(file), file.toString(), MAX_PIXELS);
  }

  /**
   * Reads an image from a stream to its end, by the rules of {@link #read(Path)}; does not close
   * it.
   *
   * @param in the stream
   * @param name what to call the image in errors
   * @return the image, with 1 or 3 channels, or those of a TIFF with more bands
   * @throws ImageException if it is no image, is damaged, or is too large
   * @throws IOException if the stream fails
   */
  public static Pixels read(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
    if (bytes.length > MAX_FILE_BYTES) {
      throw ImageDecoder.tooLong(name);
    }
    return ImageDecoder.decode(bytes, name, MAX_PIXELS);
  }

  /**
   * Reads an image from the bytes of its file, by the rules of {@link #read(Path)}.
   *
   * @param file the content of the file
   * @param name what to call the image in errors
   * @return the image, with 1 or 3 channels, or those of a TIFF with more bands
   * @throws ImageException if it is no image, is damaged, or is too large
   */
  public static Pixels read(byte[] file, String name) {
    return read(file, name, MAX_PIXELS);
  }

  /**
   * Reads an image from the bytes of its file, by the rules of {@link #read(Path)}, if it is small
   * enough; its size is known before anything is allocated.
   *
   * @param file the content of the file
   * @param name what to call the image in errors
   * @param maxPixels height times width at most, from 1 to {@link #MAX_PIXELS}
   * @return the image, with 1 or 3 channels, or those of a TIFF with more bands
   * @throws ImageException if it is no image, is damaged, or is too large
   */
  public static Pixels read(byte[] file, String name, int maxPixels) {
    if (maxPixels < 1 || maxPixels > MAX_PIXELS) {
      throw new IllegalArgumentException(
          "maxPixels: expected 1 to " + MAX_PIXELS + ", found " + maxPixels);
    }
    return ImageDecoder.decode(file, name, maxPixels);
  }

  /**
   * Copies a Java image, by the rules of {@link #read(Path)}.
   *
   * @param image the image
   * @return its pixels, with 1 or 3 channels
   * @throws ImageException if its colours cannot be told
   */
  public static Pixels from(BufferedImage image) {
    return BufferedPixels.copy(image, "image");
  }

  /**
   * Copies this image into a Java image.
   *
   * @return {@code TYPE_BYTE_GRAY} for one channel, {@code TYPE_3BYTE_BGR} for three
   * @throws ImageException if there are neither 1 nor 3 channels
   */
  public BufferedImage toBufferedImage() {
    return BufferedPixels.image(this);
  }

  /**
   * Returns the height.
   *
   * @return pixels, at least 1
   */
  public int height() {
    return height;
  }

  /**
   * Returns the width.
   *
   * @return pixels, at least 1
   */
  public int width() {
    return width;
  }

  /**
   * Returns the channels.
   *
   * @return 1 for grey, 3 for RGB, others for data
   */
  public int channels() {
    return channels;
  }

  /**
   * Returns the array itself.
   *
   * @return uint8, {@code [height, width, channels]}
   */
  public byte[] data() {
    return data;
  }

  /**
   * Converts between grey and RGB.
   *
   * <p>RGB becomes grey by the luma of ITU-R 601 in 16-bit fixed point, {@code (19595 R + 38470 G +
   * 7471 B + 32768) / 65536}, as Pillow's {@code convert("L")}; grey becomes RGB by repetition.
   *
   * @param n the channels wanted
   * @return this image if it has them, else a new one
   * @throws ImageException if there is no rule for the conversion
   */
  public Pixels withChannels(int n) {
    if (n == channels) {
      return this;
    }
    int count = height * width;
    if (channels == 1 && n == 3) {
      byte[] rgb = new byte[length(height, width, 3)];
      for (int i = 0; i < count; i++) {
        Arrays.fill(rgb, 3 * i, 3 * i + 3, data[i]);
      }
      return new Pixels(height, width, 3, rgb);
    }
    if (channels == 3 && n == 1) {
      byte[] grey = new byte[count];
      for (int i = 0; i < count; i++) {
        int red = data[3 * i] & 0xff;
        int green = data[3 * i + 1] & 0xff;
        int blue = data[3 * i + 2] & 0xff;
        grey[i] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
      }
      return new Pixels(height, width, 1, grey);
    }
    throw new ImageException(
        "image with %s channels: expected %s; only grey (1) and RGB (3) convert into each other"
            .formatted(channels, n));
  }

  /**
   * Copies a rectangle.
   *
   * @param top the first row
   * @param left the first column
   * @param cropHeight its height
   * @param cropWidth its width
   * @return the rectangle; this image itself if it is all of it
   * @throws IllegalArgumentException if it leaves the image
   */
  public Pixels crop(int top, int left, int cropHeight, int cropWidth) {
    if (cropHeight == height && cropWidth == width && top == 0 && left == 0) {
      return this;
    }
    if (top < 0 || left < 0 || top > height - cropHeight || left > width - cropWidth) {
      throw new IllegalArgumentException(
          "crop: expected a rectangle inside %s x %s, found %s x %s at row %s, column %s"
              .formatted(height, width, cropHeight, cropWidth, top, left));
    }
    byte[] part = new byte[length(cropHeight, cropWidth, channels)];
    int row = cropWidth * channels;
    for (int y = 0; y < cropHeight; y++) {
      System.arraycopy(data, ((top + y) * width + left) * channels, part, y * row, row);
    }
    return new Pixels(cropHeight, cropWidth, channels, part);
  }

  /**
   * Mirrors the image, left to right.
   *
   * @return a new image
   */
  public Pixels flipped() {
    byte[] mirror = new byte[data.length];
    int row = width * channels;
    if (channels == 3) {
      mirrorRgb(mirror);
      return new Pixels(height, width, 3, mirror);
    }
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int from = y * row + x * channels;
        int to = y * row + (width - 1 - x) * channels;
        for (int c = 0; c < channels; c++) {
          mirror[to + c] = data[from + c];
        }
      }
    }
    return new Pixels(height, width, channels, mirror);
  }

  /** Inner pixels by one store of four bytes, the last of which the next pixel overwrites. */
  private void mirrorRgb(byte[] mirror) {
    int row = width * 3;
    for (int y = 0; y < height; y++) {
      int from = y * row + row - 3;
      int to = y * row;
      System.arraycopy(data, from, mirror, to, 3);
      for (int x = 1; x < width - 1; x++) {
        from -= 3;
        to += 3;
        INTS.set(mirror, to, (int) INTS.get(data, from));
      }
      System.arraycopy(data, y * row, mirror, y * row + row - 3, 3);
    }
  }

  @Override
  public String toString() {
    return "Pixels[" + height + ", " + width + ", " + channels + "]";
  }
}
