package ai.lacuna.weights;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Recognises files that people hand over as safetensors by mistake. */
final class FileSignature {
  private FileSignature() {}

  /**
   * Names the kind of a file from its first bytes and says what to do.
   *
   * @param start the first bytes, 64 are enough
   * @return a hint, or an empty string if the bytes look like nothing known
   */
  static String hint(byte[] start) {
    String text = new String(start, StandardCharsets.ISO_8859_1);
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (text.startsWith("version https://git-lfs")) {
      return "a Git LFS pointer; run 'git lfs pull' to fetch the real file";
    }
    if (lower.startsWith("<!doctype") || lower.startsWith("<html") || lower.startsWith("<?xml")) {
      return "a web page; download the file itself, not its page";
    }
    if (text.startsWith("PK")) {
      return "a zip archive, perhaps a PyTorch checkpoint; convert it to safetensors first";
    }
    if (start.length > 1 && start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5) {
      return "a Python pickle; convert it to safetensors first";
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
