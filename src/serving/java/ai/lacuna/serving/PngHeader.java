package ai.lacuna.serving;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * Checks the chunks of a PNG before its pixels, whose checksums the JDK's reader does not look at;
 * the packed pixels have one of their own.
 */
final class PngHeader {
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int HEADER = 0x49484452;
  private static final int PALETTE = 0x504c5445;
  private static final int PIXELS = 0x49444154;

  /** The bytes of a chunk besides its content: its length, its name, its checksum. */
  private static final int AROUND = 12;

  private PngHeader() {}

  /** Whether a file says it is a PNG. */
  static boolean isPng(byte[] file) {
    return file.length >= Long.BYTES && ByteBuffer.wrap(file).getLong(0) == SIGNATURE;
  }

  /** Refuses a file whose size or palette is damaged; that it is cut shows when it is decoded. */
  static void check(byte[] file, String name) {
    ByteBuffer in = ByteBuffer.wrap(file);
    long at = Long.BYTES;
    while (at + AROUND <= file.length) {
      long length = in.getInt((int) at) & 0xffffffffL;
      int tag = in.getInt((int) at + 4);
      if (tag == PIXELS || at + AROUND + length > file.length) {
        return;
      }
      if (tag == HEADER || tag == PALETTE) {
        CRC32 crc = new CRC32();
        crc.update(file, (int) at + 4, (int) length + 4);
        if ((int) crc.getValue() != in.getInt((int) (at + 8 + length))) {
          throw new ImageException(
              "%s: expected a whole PNG, found damage (the checksum of its %s); fetch it again"
                  .formatted(name, tag == HEADER ? "header" : "palette"));
        }
      }
      at += AROUND + length;
    }
  }
}
