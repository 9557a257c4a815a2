package ai.lacuna.data;

import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * What a {@link DataCheck} remembers of an image: enough to compare it with all others.
 *
 * <p>An RGB image whose channels are equal counts as grey, so that a grey PNG equals its RGB copy.
 */
final class ImageLook {
  /** The side of a thumbnail. */
  static final int SIDE = 8;

  private final int height;
  private final int width;
  private final String colours;
  private final Digest digest;
  private final byte[] thumbnail;
  private final String wrongSuffix;

  private ImageLook(
      int height, int width, String colours, Digest digest, byte[] thumbnail, String wrongSuffix) {
    this.height = height;
    this.width = width;
    this.colours = colours;
    this.digest = digest;
    this.thumbnail = thumbnail;
    this.wrongSuffix = wrongSuffix;
  }

  /** Half of a SHA-256. */
  record Digest(long high, long low) {}

  int height() {
    return height;
  }

  int width() {
    return width;
  }

  /** {@code grey}, {@code RGB}, {@code grey as RGB}, or {@code N channels}. */
  String colours() {
    return colours;
  }

  /** Over size and pixels. */
  Digest digest() {
    return digest;
  }

  /** Grey, {@value #SIDE} × {@value #SIDE}; empty with other channels than 1 or 3. */
  byte[] thumbnail() {
    return thumbnail;
  }

  /** The suffix if it belongs to another kind of file, else empty. */
  String wrongSuffix() {
    return wrongSuffix;
  }

  static ImageLook of(Pixels image, String wrongSuffix) {
    int channels = image.channels();
    boolean grey = channels == 3 && isGrey(image.data());
    Pixels content = grey ? firstChannel(image) : image;
    byte[] thumbnail = channels == 1 || channels == 3 ? grey(content, SIDE) : new byte[0];
    return new ImageLook(
        image.height(),
        image.width(),
        grey ? "grey as RGB" : colours(channels),
        digest(content),
        thumbnail,
        wrongSuffix);
  }

  /** The image in grey, squeezed into a square. */
  static byte[] grey(Pixels image, int side) {
    Pixels small =
        Resize.resize(image, Box.whole(image), side, side, Interpolation.BILINEAR).withChannels(1);
    return small.data();
  }

  /** The mean absolute difference of two images of one size, 0…255. */
  static double distance(byte[] a, byte[] b) {
    long sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
    }
    return (double) sum / a.length;
  }

  private static String colours(int channels) {
    return switch (channels) {
      case 1 -> "grey";
      case 3 -> "RGB";
      default -> channels + " channels";
    };
  }

  private static boolean isGrey(byte[] rgb) {
    for (int i = 0; i < rgb.length; i += 3) {
      if (rgb[i] != rgb[i + 1] || rgb[i] != rgb[i + 2]) {
        return false;
      }
    }
    return true;
  }

  private static Pixels firstChannel(Pixels rgb) {
    byte[] grey = new byte[rgb.height() * rgb.width()];
    for (int i = 0; i < grey.length; i++) {
      grey[i] = rgb.data()[3 * i];
    }
    return Pixels.of(rgb.height(), rgb.width(), 1, grey);
  }

  private static Digest digest(Pixels image) {
    MessageDigest sha256 = Fingerprint.sha256();
    sha256.update(image.toString().getBytes(StandardCharsets.US_ASCII));
    ByteBuffer digest = ByteBuffer.wrap(sha256.digest(image.data()));
    return new Digest(digest.getLong(), digest.getLong());
  }
}
