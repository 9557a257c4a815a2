package ai.lacuna.hostile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** Bombs that are as large as what they ask for; the zeros in them take no room on disk. */
final class LargeBombs {
  private static final long HUGE = 600L << 20;
  private static final int BLOCK = 512;
  private static final int SUM_AT = 148;
  private static final int TYPE_AT = 156;

  private LargeBombs() {}

  /** Writes a bomb to a file that is not there yet. */
  @FunctionalInterface
  interface Maker {
    void write(Path file) throws IOException;
  }

  /** All of them by name; what stands before the first blank is the reader that is meant. */
  static Map<String, Maker> all() {
    Map<String, Maker> bombs = new LinkedHashMap<>();
    bombs.put(
        "tar of a long name of 600 MB",
        file -> tar(file, TarConstants.LF_GNUTYPE_LONGNAME, new byte[0]));
    bombs.put(
        "tar of a long link of 600 MB",
        file -> tar(file, TarConstants.LF_GNUTYPE_LONGLINK, new byte[0]));
    bombs.put(
        "tar of a path of 600 MB in an extended header",
        file -> tar(file, TarConstants.LF_PAX_EXTENDED_HEADER_LC, path()));
    bombs.put(
        "tar of a path of 600 MB for all members",
        file -> tar(file, TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER, path()));
    bombs.put("tar of 200,000 headers for no member", LargeBombs::headers);
    bombs.put("bundle with a directory of 600 MB", file -> zip(file, false));
    bombs.put("bundle with a directory of 600 MB by zip64", file -> zip(file, true));
    return bombs;
  }

  private static byte[] path() {
    return (HUGE + " path=").getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] header(String name, long size, byte type) throws IOException {
    byte[] header = new byte[BLOCK];
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(size);
    entry.writeEntryHeader(header);
    header[TYPE_AT] = type;
    Arrays.fill(header, SUM_AT, SUM_AT + 8, (byte) ' ');
    TarUtils.formatCheckSumOctalBytes(TarUtils.computeCheckSum(header), header, SUM_AT, 8);
    return header;
  }

  private static void tar(Path file, byte type, byte[] start) throws IOException {
    try (FileChannel out = open(file)) {
      out.write(ByteBuffer.wrap(header("a", HUGE, type)));
      out.write(ByteBuffer.wrap(start));
      out.write(ByteBuffer.wrap(header("a.png", 0, TarConstants.LF_NORMAL)), BLOCK + HUGE);
      out.write(ByteBuffer.allocate(2 * BLOCK), 2 * BLOCK + HUGE);
    }
  }

  /** Each for all members behind it, and none is. */
  private static void headers(Path file) throws IOException {
    byte[] header = header("a", 0, TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER);
    ByteBuffer all = ByteBuffer.allocate(200_000 * BLOCK);
    while (all.hasRemaining()) {
      all.put(header);
    }
    Files.write(file, all.array());
  }

  /** A directory of zeros, and its end. */
  private static void zip(Path file, boolean zip64) throws IOException {
    try (FileChannel out = open(file)) {
      ByteBuffer end = ByteBuffer.allocate(200);
      if (zip64) {
        end.put(
            Deflated.record(56, 0x06064b50)
                .putLong(4, 44)
                .putLong(24, 1)
                .putLong(32, 1)
                .putLong(40, HUGE)
                .putLong(48, 0)
                .array());
        end.put(Deflated.record(20, 0x07064b50).putLong(8, HUGE).putInt(16, 1).array());
        end.put(Deflated.end(1, 0xffffffffL, 0xffffffffL));
      } else {
        end.put(Deflated.end(1, HUGE, 0));
      }
      out.write(end.flip(), HUGE);
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE);
  }
}
