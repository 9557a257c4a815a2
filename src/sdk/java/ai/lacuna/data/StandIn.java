package ai.lacuna.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The first bytes of a file, which tell what lies there in place of what was meant. */
final class StandIn {
  private static final int HEAD = 64;

  private StandIn() {}

  /**
   * Reads the first bytes of a file that is meant to be of some kind.
   *
   * @return up to 64 bytes
   * @throws DataException if the file is missing, empty, a Git LFS pointer or a web page
   */
  static byte[] refuse(Path file, String expected) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": expected " + expected + ", found no file; check the path");
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(HEAD);
    }
    String text = new String(head, StandardCharsets.ISO_8859_1).strip().toLowerCase(Locale.ROOT);
    if (head.length == 0) {
      throw found(file, expected, "an empty file; fetch it again");
    }
    if (text.startsWith("version https://git-lfs")) {
      throw found(file, expected, "a Git LFS pointer; run 'git lfs pull'");
    }
    if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
      throw found(file, expected, "a web page; fetch the file itself");
    }
    return head;
  }

  /** Whether the first bytes are those of gzip. */
  static boolean isGzip(byte[] head) {
    return head.length > 1 && head[0] == 0x1f && head[1] == (byte) 0x8b;
  }

  private static DataException found(Path file, String expected, String found) {
    return new DataException("%s: expected %s, found %s".formatted(file, expected, found));
  }
}
