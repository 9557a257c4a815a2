package ai.lacuna.cache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A file on a server, and what is known of it beforehand.
 *
 * @param source its address, http or https
 * @param size its length in bytes; {@link #UNKNOWN_SIZE} if it is not known
 * @param sha256 64 lower-case hexadecimal digits; empty if they are not known: then the first
 *     download is trusted, and later uses are compared with it
 * @param md5Prefix the first digits of its MD5, which some publishers give; empty if not known
 */
public record RemoteFile(URI source, long size, String sha256, String md5Prefix) {
  /** The size of a file whose length is not known beforehand. */
  public static final long UNKNOWN_SIZE = -1;

  /** More than the weights of any network here; a server that never ends fills no disk. */
  private static final long MOST_UNKNOWN = 64L << 30;

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern MD5_PREFIX = Pattern.compile("[0-9a-f]{0,32}");

  /**
   * @throws IllegalArgumentException if the address is not one of a server, or a digest cannot be
   *     one
   */
  public RemoteFile {
    requireServer(source);
    if (size < UNKNOWN_SIZE
        || !(sha256.isEmpty() || SHA256.matcher(sha256).matches())
        || !MD5_PREFIX.matcher(md5Prefix).matches()) {
      throw new IllegalArgumentException(
          "%s: expected a size and digests in hexadecimal, found %s, '%s' and '%s'"
              .formatted(source, size, sha256, md5Prefix));
    }
  }

  /** A file of which size and SHA-256 are known. */
  public static RemoteFile of(URI source, long size, String sha256) {
    return new RemoteFile(source, size, sha256, "");
  }

  /** The bytes that it may have at most. */
  long most() {
    return size == UNKNOWN_SIZE ? MOST_UNKNOWN : size;
  }

  /**
   * Compares a file with what is known.
   *
   * @return what is wrong, in words; empty if nothing is
   */
  String differences(Path found) throws IOException {
    long length = Files.size(found);
    if (size != UNKNOWN_SIZE && length != size) {
      return String.format(Locale.ROOT, "expected %,d bytes, found %,d", size, length);
    }
    if (!sha256.isEmpty()) {
      String digest = Digests.of(Digests.SHA256, found);
      return digest.equals(sha256) ? "" : "expected SHA-256 %s, found %s".formatted(sha256, digest);
    }
    if (!md5Prefix.isEmpty()) {
      String digest = Digests.of(Digests.MD5, found);
      return digest.startsWith(md5Prefix)
          ? ""
          : "expected an MD5 that begins with %s, found %s".formatted(md5Prefix, digest);
    }
    return "";
  }

  /**
   * Refuses addresses of anything but a server.
   *
   * @throws IllegalArgumentException if it is not http or https, names no host, or has a password
   *     in it
   */
  public static void requireServer(URI address) {
    String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
    if (!(scheme.equals("http") || scheme.equals("https")) || address.getHost() == null) {
      throw new IllegalArgumentException(
          address + ": expected an address that begins with https:// or http://");
    }
    if (address.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "%s: expected an address without name and password, which would be shown; give a token by %s"
              .formatted(address.getHost(), Bearer.VARIABLE));
    }
  }
}
