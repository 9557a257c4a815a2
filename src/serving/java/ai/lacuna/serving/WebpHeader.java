package ai.lacuna.serving;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Checks the chunks of a WebP before a reader sees it: that they are whole, and not too large. */
final class WebpHeader {
  private static final int CHUNK = 8;
  private static final int HAS_PROFILE = 0x20;

  private final ByteBuffer in;
  private final String name;
  private int frames;
  private long canvas;
  private boolean animated;
  private int extended = -1;
  private int profile = -1;

  private WebpHeader(byte[] file, String name) {
    this.in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.name = name;
  }

  /** Whether a file says it is a WebP. */
  static boolean isWebp(byte[] file) {
    return file.length >= 12
        && new String(file, 0, 4, StandardCharsets.ISO_8859_1).equals("RIFF")
        && new String(file, 8, 4, StandardCharsets.ISO_8859_1).equals("WEBP");
  }

  /**
   * Refuses a file that is cut, lies about its length or decodes to too many pixels.
   *
   * @return the file, without its colour profile, which readers would apply
   */
  static byte[] check(byte[] file, String name) {
    WebpHeader header = new WebpHeader(file, name);
    long end = CHUNK + (header.in.getInt(4) & 0xffffffffL);
    if (end > file.length) {
      throw header.damaged("expected %s bytes, found %s".formatted(end, file.length));
    }
    header.walk(12, (int) end);
    if (header.frames == 0) {
      throw header.damaged("no picture in it");
    }
    return header.profile < 0 ? file : withoutProfile(file, header.extended, header.profile);
  }

  private static byte[] withoutProfile(byte[] file, int extended, int profile) {
    byte[] plain = file.clone();
    // Readers skip a chunk that they do not know.
    System.arraycopy("SKIP".getBytes(StandardCharsets.US_ASCII), 0, plain, profile, 4);
    if (extended >= 0) {
      plain[extended + CHUNK] &= ~HAS_PROFILE;
    }
    return plain;
  }

  private void walk(int from, int end) {
    int at = from;
    while (at + CHUNK <= end) {
      int tag = in.getInt(at);
      long length = in.getInt(at + 4) & 0xffffffffL;
      if (at + CHUNK + length > end) {
        throw damaged("a part is longer than the file");
      }
      int body = at + CHUNK;
      int next = (int) Math.min(end, body + length + (length & 1));
      if (tag == tag("VP8 ") && length >= 10) {
        picture(in.getShort(body + 6) & 0x3fff, in.getShort(body + 8) & 0x3fff);
        frames++;
      } else if (tag == tag("VP8L") && length >= 5) {
        int bits = in.getInt(body + 1);
        picture((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
        frames++;
      } else if (tag == tag("VP8X") && length >= 10) {
        extended = at;
        picture((in.getInt(body + 4) & 0xffffff) + 1, (in.getInt(body + 6) >>> 8) + 1);
      } else if (tag == tag("ICCP")) {
        profile = at;
      } else if (tag == tag("ANMF") && length >= 16) {
        animated = true;
        walk(body + 16, (int) (body + length));
      }
      at = next;
    }
  }

  private void picture(int width, int height) {
    ImageDecoder.checkSize(width, height, name, Pixels.MAX_PIXELS);
    canvas = canvas == 0 ? (long) width * height : canvas;
    if ((long) width * height > canvas || (!animated && (long) width * height != canvas)) {
      throw damaged("a frame of another size than its canvas");
    }
  }

  private static int tag(String four) {
    return four.charAt(0) | (four.charAt(1) << 8) | (four.charAt(2) << 16) | (four.charAt(3) << 24);
  }

  private ImageException damaged(String what) {
    return new ImageException(
        "%s: expected a whole WebP, found damage (%s); fetch it again".formatted(name, what));
  }
}
