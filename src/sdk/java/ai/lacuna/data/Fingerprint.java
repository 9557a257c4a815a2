package ai.lacuna.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

/** A SHA-256 over parts, each preceded by its length. */
final class Fingerprint {
  private final MessageDigest digest = sha256();

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  Fingerprint add(byte[] part) {
    add(part.length);
    digest.update(part);
    return this;
  }

  Fingerprint add(String part) {
    return add(part.getBytes(StandardCharsets.UTF_8));
  }

  Fingerprint add(long number) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    return this;
  }

  /**
   * Adds the state of a file that is not read: its length and when it was changed. A copy may carry
   * the time of another file, as archives and copying tools set it; so where the system keeps the
   * time of its own record of the file, which nobody sets, that counts too.
   */
  Fingerprint addState(Path file) throws IOException {
    add(Files.size(file)).add(Files.getLastModifiedTime(file).toMillis());
    if (file.getFileSystem().supportedFileAttributeViews().contains("unix")
        && Files.getAttribute(file, "unix:ctime") instanceof FileTime recorded) {
      add(recorded.to(TimeUnit.NANOSECONDS));
    }
    return this;
  }

  Fingerprint add(Sample sample) {
    add(sample.id()).add(sample.label());
    add(sample.pixels().height()).add(sample.pixels().width()).add(sample.pixels().channels());
    return add(sample.pixels().data());
  }

  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
