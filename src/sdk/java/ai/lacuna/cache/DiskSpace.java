package ai.lacuna.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Says how much a disk still takes. */
@FunctionalInterface
interface DiskSpace {
  /** What other files may need meanwhile. */
  long MARGIN = 1L << 20;

  /** The disk's own answer. */
  DiskSpace REAL = folder -> Files.getFileStore(folder).getUsableSpace();

  /** Bytes that a folder's disk takes. */
  long free(Path folder) throws IOException;

  /**
   * Refuses a file for which there is no space.
   *
   * @param file where it shall grow
   * @param bytes that it needs still
   * @param name what messages call it
   */
  default void require(Path file, long bytes, String name) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      return;
    }
    long free = free(folder);
    if (bytes > free - MARGIN) {
      throw new DownloadException(
          String.format(
              Locale.ROOT,
              "%s: expected %,d bytes free in %s, found %,d; make space or set LACUNA_CACHE",
              name,
              bytes + MARGIN,
              folder,
              free));
    }
  }
}
