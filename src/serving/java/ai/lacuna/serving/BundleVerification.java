package ai.lacuna.serving;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Compares a bundle's files with its manifest: names, sizes and digests. */
final class BundleVerification {
  /** A name that stays in its folder. */
  static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

  private static final int MAX_MANIFEST = 16 << 20;
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  private BundleVerification() {}

  /**
   * Reads all files of a bundle.
   *
   * @return its manifest, which every file is as
   * @throws BundleException if a file is missing, of another size or digest, or misnamed
   * @throws IOException if a file cannot be read
   */
  static Manifest of(BundleSource source) throws IOException {
    Manifest manifest = readManifest(source);
    if (manifest.files().isEmpty()) {
      throw new BundleException(
          Manifest.FILE + " files", "at least one file", "none", "export the bundle again");
    }
    for (Map.Entry<String, Manifest.FileEntry> entry : manifest.files().entrySet()) {
      verify(source, entry.getKey(), entry.getValue());
    }
    return manifest;
  }

  private static Manifest readManifest(BundleSource source) throws IOException {
    String where = source.describe(Manifest.FILE);
    try (InputStream in = source.open(Manifest.FILE).orElseThrow(source::noManifest)) {
      byte[] bytes = in.readNBytes(MAX_MANIFEST + 1);
      if (bytes.length > MAX_MANIFEST) {
        throw new BundleException(
            where,
            "at most " + MAX_MANIFEST + " bytes",
            "more",
            "give the folder that lacuna export wrote");
      }
      return Manifest.fromJson(new String(bytes, StandardCharsets.UTF_8), Manifest.FILE);
    }
  }

  private static void verify(BundleSource source, String name, Manifest.FileEntry entry)
      throws IOException {
    if (!PLAIN_NAME.matcher(name).matches()) {
      throw new BundleException(
          Manifest.FILE + " files",
          "plain file names of letters, digits, '.', '_' and '-'",
          name,
          "do not use this bundle: it points outside its folder");
    }
    if (!DIGEST.matcher(entry.sha256()).matches()) {
      throw new BundleException(
          Manifest.FILE + " files " + name + " sha256",
          "64 lower-case hexadecimal digits",
          entry.sha256(),
          "export the bundle again");
    }
    OptionalLong size = source.size(name);
    if (size.isPresent() && size.getAsLong() != entry.size()) {
      throw wrongSize(source, name, entry, size.getAsLong() + " bytes");
    }
    MessageDigest digest = Sha256.digest();
    long length = 0;
    try (InputStream in = source.require(name)) {
      byte[] buffer = new byte[1 << 16];
      // One byte more than there may be, so that an archive cannot unpack without end.
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        length += read;
        if (length > entry.size()) {
          throw wrongSize(source, name, entry, "more");
        }
        digest.update(buffer, 0, read);
      }
    }
    if (length != entry.size()) {
      throw wrongSize(source, name, entry, length + " bytes");
    }
    requireDigest(name, entry, Sha256.hex(digest.digest()));
  }

  private static BundleException wrongSize(
      BundleSource source, String name, Manifest.FileEntry entry, String found) throws IOException {
    boolean pointer;
    try (InputStream in = source.require(name)) {
      pointer = Arrays.equals(in.readNBytes(LFS_POINTER.length), LFS_POINTER);
    }
    return new BundleException(
        name,
        entry.size() + " bytes",
        found + (pointer ? ", a Git LFS pointer" : ""),
        pointer ? "run git lfs pull" : "copy the whole bundle again");
  }

  /**
   * Compares a digest with the manifest's.
   *
   * @throws BundleException if it is another one
   */
  static void requireDigest(String name, Manifest.FileEntry entry, String sha256) {
    if (!sha256.equals(entry.sha256())) {
      throw new BundleException(
          name, "sha256 " + entry.sha256(), "sha256 " + sha256, "copy the whole bundle again");
    }
  }
}
