package ai.lacuna.export;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that is being written, marked by a lock on a file in it. The system takes the lock back
 * when the process dies, however it dies, so that another process can tell an abandoned folder from
 * one in work.
 */
final class UnfinishedFolder {
  private static final String MARK = ".lock";
  private static final String END = ".part";

  private final Path path;
  private final FileChannel mark;

  private UnfinishedFolder(Path path, FileChannel mark) {
    this.path = path;
    this.mark = mark;
  }

  /**
   * Makes an empty folder, but for the mark.
   *
   * @param parent where
   * @param start the first letters of its name
   */
  static UnfinishedFolder create(Path parent, String start) throws IOException {
    Path path = Files.createDirectory(parent.resolve(start + own() + System.nanoTime() + END));
    FileChannel mark =
        FileChannel.open(
            path.resolve(MARK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    UnfinishedFolder folder = new UnfinishedFolder(path, mark);
    if (!locks(mark)) {
      folder.finish(); // Without a mark, nobody removes it.
    }
    return folder;
  }

  /** Not all file systems of networks have locks; there, nothing can be told of others. */
  private static boolean locks(FileChannel channel) {
    try {
      return channel.tryLock() != null; // Closing the channel gives it back.
    } catch (IOException | OverlappingFileLockException e) {
      return false; // Or this class of another class loader holds it.
    }
  }

  private static String own() {
    return ProcessHandle.current().pid() + "-";
  }

  /** The folder. */
  Path path() {
    return path;
  }

  /** Takes the mark away; again does nothing. */
  void finish() throws IOException {
    if (mark.isOpen()) {
      mark.close(); // Windows deletes no open file.
      Files.deleteIfExists(path.resolve(MARK));
    }
  }

  /**
   * Removes the folders of processes that have died. One without a mark is left alone: it is about
   * to get its mark, or its name.
   *
   * @param parent where they lie
   * @param start the first letters of their names
   */
  static void removeAbandoned(Path parent, String start) throws IOException {
    List<Path> unfinished;
    try (Stream<Path> all = Files.list(parent)) {
      unfinished = all.filter(path -> isOfAnother(path, start)).toList();
    }
    for (Path folder : unfinished) {
      if (isAbandoned(folder.resolve(MARK))) {
        BundleFolder.deleteAll(folder);
      }
    }
  }

  /** Closing a second channel to a file would give back the lock of this process's first one. */
  private static boolean isOfAnother(Path path, String start) {
    String name = String.valueOf(path.getFileName());
    return name.startsWith(start)
        && name.endsWith(END)
        && !name.startsWith(start + own())
        && name.substring(start.length(), name.length() - END.length()).matches("\\d+-\\d+")
        && Files.isRegularFile(path.resolve(MARK));
  }

  private static boolean isAbandoned(Path mark) throws IOException {
    try (FileChannel channel = FileChannel.open(mark, StandardOpenOption.WRITE)) {
      return locks(channel);
    } catch (NoSuchFileException e) {
      return false; // Finished just now.
    }
  }
}
