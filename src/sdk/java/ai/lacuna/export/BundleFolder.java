package ai.lacuna.export;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The folder of a bundle, written beside its place and renamed. A bundle that is replaced is set
 * aside for the moment between two renames; a crash in that moment is mended by the next export.
 * What a killed export of the same name has left is removed by the next one, too.
 */
final class BundleFolder implements AutoCloseable {
  private final Path target;
  private final Path beside;
  private final Path aside;
  private final UnfinishedFolder unfinished;

  private BundleFolder(Path target, UnfinishedFolder unfinished, Path aside) {
    this.target = target;
    this.unfinished = unfinished;
    this.beside = unfinished.path();
    this.aside = aside;
  }

  /**
   * Makes the folder beside.
   *
   * @throws ExportException if the target is there and is not a bundle
   */
  static BundleFolder beside(Path folder) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    Path parent = target.getParent();
    if (parent == null) {
      throw new ExportException(folder + ": expected a folder, found the root of a file system");
    }
    Files.createDirectories(parent);
    Path aside = parent.resolve("." + target.getFileName() + ".old");
    if (!Files.exists(target) && Files.exists(aside)) {
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    }
    requireReplaceable(target);
    String start = "." + target.getFileName() + ".";
    UnfinishedFolder.removeAbandoned(parent, start);
    return new BundleFolder(target, UnfinishedFolder.create(parent, start), aside);
  }

  private static void requireReplaceable(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    boolean replaceable = Files.isDirectory(target);
    if (replaceable && !Files.exists(target.resolve("manifest.json"))) {
      try (Stream<Path> content = Files.list(target)) {
        replaceable = content.findAny().isEmpty();
      }
    }
    if (!replaceable) {
      throw new ExportException(
          target
              + ": expected a new folder or an earlier bundle, found other files;"
              + " choose another folder");
    }
  }

  /** Where to write. */
  Path path() {
    return beside;
  }

  /** Syncs what was written and puts it in place. */
  void commit() throws IOException {
    unfinished.finish();
    for (Path file : content(beside)) {
      sync(file);
    }
    deleteAll(aside);
    boolean replaces = Files.exists(target);
    if (replaces) {
      Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
    }
    try {
      Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (replaces) {
        Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      }
      throw e;
    }
    Path parent = target.getParent();
    if (parent != null) {
      sync(parent);
    }
    deleteAll(aside);
  }

  /** Removes what was not put in place. */
  @Override
  public void close() throws IOException {
    unfinished.finish();
    deleteAll(beside);
  }

  /** The folder and what is in it, the deepest first. */
  private static List<Path> content(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.sorted(Comparator.reverseOrder()).toList();
    }
  }

  static void deleteAll(Path folder) throws IOException {
    if (Files.exists(folder)) {
      for (Path file : content(folder)) {
        Files.delete(file);
      }
    }
  }

  /** Windows cannot sync folders and needs no such call. */
  private static void sync(Path path) throws IOException {
    boolean folder = Files.isDirectory(path);
    if (folder && System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("win")) {
      return;
    }
    StandardOpenOption mode = folder ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, mode)) {
      channel.force(true);
    }
  }
}
