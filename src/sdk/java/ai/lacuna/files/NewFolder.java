package ai.lacuna.files;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Makes a folder of files that is there whole or not at all, and replaces nothing. */
public final class NewFolder {
  private NewFolder() {}

  /** Writes the content of a folder. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes everything; each file that matters is synced by whoever writes it ({@link
     * FileReplacement}).
     *
     * @param folder an empty folder that will be renamed
     * @throws IOException if writing fails; nothing is left then
     */
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Writes beside the target, then renames.
   *
   * @param target the folder to make; folders above it are made; an empty one may be there
   * @param content what it shall hold
   * @throws FileAlreadyExistsException if there is something
   * @throws IOException if writing fails; the target is then as before
   */
  public static void write(Path target, Content content) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    Path above = absolute.getParent();
    if (above == null) {
      throw new FileAlreadyExistsException(target.toString());
    }
    requireFree(target);
    Files.createDirectories(above);
    Path beside =
        above.resolve(
            "."
                + absolute.getFileName()
                + "."
                + ProcessHandle.current().pid()
                + "-"
                + System.nanoTime()
                + ".part");
    Files.createDirectory(beside);
    try {
      content.writeTo(beside);
      FileReplacement.syncFolder(beside);
      try {
        Files.deleteIfExists(absolute);
      } catch (DirectoryNotEmptyException e) {
        throw exists(target);
      }
      Files.move(beside, absolute, StandardCopyOption.ATOMIC_MOVE);
      FileReplacement.syncFolder(above);
    } finally {
      delete(beside);
    }
  }

  /**
   * Refuses a place where there is something, before work is done for it.
   *
   * @param target a folder to make
   * @throws FileAlreadyExistsException if it is a file, or a folder that is not empty
   * @throws IOException if it cannot be read
   */
  public static void requireFree(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        if (files.findAny().isPresent()) {
          throw exists(target);
        }
      }
    } else if (Files.exists(target)) {
      throw exists(target);
    }
  }

  private static FileAlreadyExistsException exists(Path target) {
    return new FileAlreadyExistsException(
        target.toString(), null, "expected a new or empty folder, found something there");
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      List<Path> deepestFirst;
      try (Stream<Path> files = Files.walk(folder)) {
        deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    }
  }
}
