package ai.lacuna.zoo;

import ai.lacuna.cache.DownloadException;
import ai.lacuna.cache.FileCache;
import ai.lacuna.cache.RemoteFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The content of {@code index.json}.
 *
 * @param format version of this layout, 2; indexes of version 1 say less and are read too
 * @param entries the entries in the order of their names
 */
record ZooIndex(int format, List<ZooListing> entries) {
  static final int FORMAT = 2;
  static final int MOST_BYTES = 16 << 20;
  private static final int MOST_ENTRIES = 10_000;
  static final String FILE = "index.json";

  ZooIndex {
    if (format < 1 || format > FORMAT) {
      throw new IllegalArgumentException(
          "format: expected 1 to " + FORMAT + ", found " + format + "; use a newer Lacuna");
    }
    entries = List.copyOf(entries);
    if (entries.size() > MOST_ENTRIES) {
      throw new IllegalArgumentException(
          "entries: expected at most " + MOST_ENTRIES + ", found " + entries.size());
    }
    Set<String> names = new HashSet<>();
    for (ZooListing entry : entries) {
      // Some file systems do not tell upper from lower case.
      if (!names.add(entry.name().toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(entry.name() + ": expected once, found twice");
      }
    }
  }

  /**
   * Reads a zoo's index.
   *
   * @param cache where a server's index is kept, for times without a network
   * @throws ZooException if there is none, or it is malformed
   */
  static ZooIndex of(ZooFolder folder, FileCache cache) {
    String where = folder.describe(FILE);
    try {
      String json = new String(bytes(folder, cache), StandardCharsets.UTF_8);
      return ZooJson.read(json, ZooIndex.class, where);
    } catch (NoSuchFileException e) {
      throw new ZooException(where + ": expected a file, found none", e);
    } catch (DownloadException e) {
      throw new ZooException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new ZooException(where + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static byte[] bytes(ZooFolder folder, FileCache cache) throws IOException {
    if (folder instanceof ZooFolder.Server server) {
      RemoteFile file = new RemoteFile(server.address(FILE), RemoteFile.UNKNOWN_SIZE, "", "");
      return cache.latest(server.place() + "/" + FILE, file, MOST_BYTES);
    }
    try (InputStream stream =
        folder instanceof ZooFolder.Directory directory
            ? Files.newInputStream(directory.path(FILE))
            : ((ZooFolder.ClassPath) folder).open(FILE)) {
      byte[] bytes = stream.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new IOException("longer than " + MOST_BYTES + " bytes");
      }
      return bytes;
    }
  }
}
