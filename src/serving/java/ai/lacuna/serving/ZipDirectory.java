package ai.lacuna.serving;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The directory at the end of a zip, which Java reads into memory as a whole, whatever its length.
 */
final class ZipDirectory {
  /** A bundle has a dozen entries of a hundred bytes. */
  private static final long MOST = 4L << 20;

  private static final int END = 0x06054b50;
  private static final int END_LENGTH = 22;
  private static final int END_SIZE_AT = 12;
  private static final int MOST_COMMENT = 0xffff;
  private static final int LOCATOR = 0x07064b50;
  private static final int LOCATOR_LENGTH = 20;
  private static final int END64 = 0x06064b50;
  private static final int END64_LENGTH = 56;
  private static final int END64_SIZE_AT = 40;
  private static final long OF_END64 = 0xffffffffL;

  private ZipDirectory() {}

  /**
   * Refuses a zip whose directory is too long, by any of the records that a reader may take for the
   * last one. What is no zip is left to the reader.
   *
   * @throws BundleException if it is
   * @throws IOException if the file cannot be read
   */
  static void requireModest(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = channel.size();
      int tail = (int) Math.min(length, END_LENGTH + MOST_COMMENT);
      ByteBuffer bytes = read(channel, length - tail, tail);
      for (int at = 0; at + END_LENGTH <= bytes.limit(); at++) {
        if (bytes.getInt(at) == END) {
          long size = Integer.toUnsignedLong(bytes.getInt(at + END_SIZE_AT));
          requireModest(file, size == OF_END64 ? 0 : size);
          requireModest(file, end64(channel, length - tail + at));
        }
      }
    }
  }

  /** What the record of a large zip says before an end there; 0 if there is none. */
  private static long end64(FileChannel channel, long end) throws IOException {
    ByteBuffer locator = read(channel, end - LOCATOR_LENGTH, LOCATOR_LENGTH);
    if (locator.limit() < LOCATOR_LENGTH || locator.getInt(0) != LOCATOR) {
      return 0;
    }
    ByteBuffer record = read(channel, locator.getLong(8), END64_LENGTH);
    boolean found = record.limit() == END64_LENGTH && record.getInt(0) == END64;
    return found ? record.getLong(END64_SIZE_AT) : 0;
  }

  /** As many of the bytes as there are. */
  private static ByteBuffer read(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    if (from < 0) {
      return bytes.limit(0);
    }
    int read = 0;
    while (bytes.hasRemaining() && read >= 0) {
      read = channel.read(bytes, from + bytes.position());
    }
    return bytes.flip();
  }

  private static void requireModest(Path file, long size) {
    if (size < 0 || size > MOST) {
      throw new BundleException(
          file.toString(),
          "a zip with a directory of at most " + MOST + " bytes",
          Long.toUnsignedString(size),
          "do not use this archive");
    }
  }
}
