package ai.lacuna.weights;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Recognises files that people hand over as weights by mistake. */
final class FileSignature {
  /** UTF-8's byte-order mark, read as ISO 8859-1. */
  private static final String MARK = "\u00ef\u00bb\u00bf";

  private static final List<String> PAGES =
      List.of(
          "<!doctype", "<html", "<?xml", "<!--", "<head", "<body", "<title", "<meta", "<script");

  private FileSignature() {}

  /**
   * Names the kind of a file from its first bytes and says what to do.
   *
   * @param start the first bytes, 64 are enough
   * @return a hint, or an empty string if the bytes look like nothing known
   */
  static String hint(byte[] start) {
    String text = new String(start, StandardCharsets.ISO_8859_1);
    String lower = text.replaceFirst(MARK, "").strip().toLowerCase(Locale.ROOT);
    if (start.length == 0) {
      return "an empty file; download it again";
    }
    if (text.startsWith("version https://git-lfs")) {
      return "a Git LFS pointer; run 'git lfs pull' to fetch the real file";
    }
    if (PAGES.stream().anyMatch(lower::startsWith)) {
      return "a web page; download the file itself, not its page";
    }
    if (text.startsWith("PK")) {
      return "a zip archive; 'lacuna import' reads one of torch.save, unpack another";
    }
    if (start.length > 1 && start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5) {
      return "a Python pickle; load it in Python, and save its state_dict() with torch.save";
    }
    if (start.length > 1 && start[0] == 0x1f && start[1] == (byte) 0x8b) {
      return "a gzip file; unpack it first";
    }
    if (lower.startsWith("{")) {
      return "a JSON file; give the weights beside it";
    }
    return "";
  }
}
