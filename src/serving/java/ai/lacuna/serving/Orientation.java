package ai.lacuna.serving;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How an image must be turned to stand upright: EXIF tag 0x0112 of its file, 1…8.
 *
 * <p>Found in the {@code APP1} segment of a JPEG, the {@code eXIf} chunk of a PNG, the {@code EXIF}
 * chunk of a WebP and the first directory of a TIFF.
 *
 * @param transposed rows and columns change places, before the flips
 * @param flipVertical the rows then change order
 * @param flipHorizontal the columns then change order
 */
public record Orientation(boolean transposed, boolean flipVertical, boolean flipHorizontal) {
  private static final Orientation UPRIGHT = new Orientation(false, false, false);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  /** A marker may have any number of bytes 0xff before its own. */
  private static final int FILL = 0xffff;

  private static final int APP1 = 0xffe1;
  private static final int START_OF_SCAN = 0xffda;
  private static final int EXIF = 0x45786966;
  private static final int ORIENTATION = 0x0112;
  private static final long PNG = 0x89504e470d0a1a0aL;
  private static final int PNG_EXIF = 0x65584966;
  private static final int WEBP_EXIF = 0x45584946;
  private static final int TIFF_LITTLE = 0x49492a00;
  private static final int TIFF_BIG = 0x4d4d002a;

  /**
   * Reads the tag of a file; anything missing or malformed means upright.
   *
   * @param file the content of an image file of any kind
   * @return how to turn its pixels
   */
  public static Orientation of(byte[] file) {
    if (file.length < 16) {
      return UPRIGHT;
    }
    ByteBuffer in = ByteBuffer.wrap(file);
    if ((in.getShort(0) & 0xffff) == 0xffd8) {
      return ofJpeg(in);
    }
    if (in.getLong(0) == PNG) {
      return ofChunks(in, 8, PNG_EXIF, 4, 12);
    }
    if (WebpHeader.isWebp(file)) {
      return ofChunks(in.order(ByteOrder.LITTLE_ENDIAN), 12, Integer.reverseBytes(WEBP_EXIF), 0, 8);
    }
    int head = in.getInt(0);
    return head == TIFF_LITTLE || head == TIFF_BIG ? ofTiff(in) : UPRIGHT;
  }

  private static Orientation ofJpeg(ByteBuffer in) {
    int at = 2;
    while (at + 10 <= in.limit()) {
      int marker = in.getShort(at) & 0xffff;
      if (marker == FILL) {
        at++;
        continue;
      }
      int length = in.getShort(at + 2) & 0xffff;
      if (marker == START_OF_SCAN || marker < 0xff00 || length < 2) {
        return UPRIGHT;
      }
      if (marker == APP1 && in.getInt(at + 4) == EXIF) {
        int end = Math.min(in.limit(), at + 2 + length);
        return ofTiff(in.slice(at + 10, Math.max(0, end - at - 10)));
      }
      at += 2 + length;
    }
    return UPRIGHT;
  }

  /**
   * Walks the chunks of a PNG or WebP.
   *
   * @param tagAt where in a chunk its tag is; the length is in the other of the first eight bytes
   * @param overhead the bytes of a chunk besides its body, which begins at 8
   */
  private static Orientation ofChunks(ByteBuffer in, int from, int exif, int tagAt, int overhead) {
    long at = from;
    while (at + 8 <= in.limit()) {
      long length = in.getInt((int) at + 4 - tagAt) & 0xffffffffL;
      if (in.getInt((int) at + tagAt) == exif) {
        int body = (int) at + 8;
        int end = (int) Math.min(in.limit(), body + length);
        // Some writers put the name of a JPEG's segment in front.
        boolean named = end - body >= 6 && (in.get(body) == 'E' || in.get(body) == 'e');
        int skipped = named ? 6 : 0;
        return ofTiff(in.slice(body + skipped, end - body - skipped));
      }
      // Chunks of a WebP have even lengths.
      at += overhead + length + (overhead == 8 ? length & 1 : 0);
    }
    return UPRIGHT;
  }

  private static Orientation ofTiff(ByteBuffer tiff) {
    return of(new TiffDirectory(tiff).first(ORIENTATION, 1));
  }

  private static Orientation of(int tag) {
    return switch (tag) {
      case 2 -> new Orientation(false, false, true);
      case 3 -> new Orientation(false, true, true);
      case 4 -> new Orientation(false, true, false);
      case 5 -> new Orientation(true, false, false);
      case 6 -> new Orientation(true, false, true);
      case 7 -> new Orientation(true, true, true);
      case 8 -> new Orientation(true, true, false);
      default -> UPRIGHT;
    };
  }

  /**
   * Turns an image upright.
   *
   * @param image the image as its file stores it
   * @return a new image; the same one if it is upright
   */
  public Pixels apply(Pixels image) {
    if (equals(UPRIGHT)) {
      return image;
    }
    int channels = image.channels();
    int height = transposed ? image.width() : image.height();
    int width = transposed ? image.height() : image.width();
    byte[] in = image.data();
    byte[] out = new byte[in.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int row = flipVertical ? height - 1 - y : y;
        int column = flipHorizontal ? width - 1 - x : x;
        int from = (transposed ? column * image.width() + row : row * width + column) * channels;
        int to = (y * width + x) * channels;
        if (channels == 3) {
          SHORTS.set(out, to, (short) SHORTS.get(in, from));
          out[to + 2] = in[from + 2];
        } else {
          System.arraycopy(in, from, out, to, channels);
        }
      }
    }
    return Pixels.of(height, width, channels, out);
  }
}
