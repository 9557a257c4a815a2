package ai.lacuna.data;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What an image file is by its first bytes, and the suffixes that say so. */
enum FileKind {
  PNG("\u0089PNG", "png"),
  JPEG("\u00ff\u00d8\u00ff", "jpg jpeg"),
  GIF("GIF8", "gif"),
  BMP("BM", "bmp"),
  TIFF_LITTLE("II*\0", "tif tiff"),
  TIFF_BIG("MM\0*", "tif tiff"),
  WEBP("RIFF", "webp"),
  UNKNOWN("", "");

  private final String head;
  private final String suffixes;

  FileKind(String head, String suffixes) {
    this.head = head;
    this.suffixes = suffixes;
  }

  static FileKind of(byte[] first) {
    String text = new String(first, StandardCharsets.ISO_8859_1);
    FileKind kind =
        Arrays.stream(values()).filter(k -> text.startsWith(k.head)).findFirst().orElseThrow();
    return kind == WEBP && !text.startsWith("WEBP", 8) ? UNKNOWN : kind;
  }

  /** The usual suffix, in lower case; {@code bin} for an unknown kind. */
  String suffix() {
    return this == UNKNOWN ? "bin" : suffixes.split(" ", -1)[0];
  }

  /** The suffix if it belongs to another kind, else empty. */
  String wrongSuffix(String suffix) {
    boolean right = Arrays.asList(suffixes.split(" ", -1)).contains(suffix);
    return this == UNKNOWN || right ? "" : suffix;
  }
}
