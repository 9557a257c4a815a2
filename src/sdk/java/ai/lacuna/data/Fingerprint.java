package ai.lacuna.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

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

  Fingerprint add(Sample sample) {
    add(sample.id()).add(sample.label());
    add(sample.pixels().height()).add(sample.pixels().width()).add(sample.pixels().channels());
    return add(sample.pixels().data());
  }

  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
