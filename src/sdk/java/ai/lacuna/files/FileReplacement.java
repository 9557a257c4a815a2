package ai.lacuna.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes or replaces a file so that a crash at any moment leaves the old one or the new one. */
public final class FileReplacement {
  /** The name of a file that is being written, with the process that does. */
  private static final Pattern BESIDE = Pattern.compile("\\..+\\.(\\d{1,18})-\\d+\\.part");

  private FileReplacement() {}

  /** Writes the content of a file to a channel. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes everything, from the start of an empty file.
     *
     * @param channel the file, open for writing; closed by the caller
     * @throws IOException if writing fails; the file that is being replaced stays as it was
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes beside the target, syncs, renames over the target and syncs the folder.
   *
   * @param target the file to make or replace; missing folders are made
   * @param content what it shall hold
   * @throws IOException if writing fails; the target is then as before
   */
  public static void write(Path target, Content content) throws IOException {
    Path absolute = target.toAbsolutePath();
    Path folder = absolute.getParent();
    Path name = absolute.getFileName();
    if (folder == null || name == null) {
      throw new IOException(target + ": expected a file, found the root of a file system");
    }
    if (Files.isDirectory(absolute)) { // Renaming would name the file beside it.
      throw new FileSystemException(
          target.toString(), null, "expected the name of a file, found a folder");
    }
    Files.createDirectories(folder);
    // A plain create, not createTempFile, so that the file gets the user's usual permissions.
    Path beside =
        folder.resolve(
            "." + name + "." + ProcessHandle.current().pid() + "-" + System.nanoTime() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(beside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        content.writeTo(channel);
        channel.force(true);
      }
      rename(beside, absolute);
    } catch (IOException e) {
      throw named(target, e);
    } finally {
      Files.deleteIfExists(beside);
    }
    syncFolder(folder);
  }

  /** What the system says of a channel, such as that the disk is full, names no file. */
  private static IOException named(Path target, IOException failure) {
    if (failure.getClass() != IOException.class || failure.getMessage() == null) {
      return failure;
    }
    FileSystemException named =
        new FileSystemException(target.toString(), null, failure.getMessage());
    named.initCause(failure);
    return named;
  }

  /**
   * Writes bytes as {@link #write(Path, Content)} does.
   *
   * @param target the file to make or replace
   * @param bytes its content
   * @throws IOException if writing fails; the target is then as before
   */
  public static void write(Path target, byte[] bytes) throws IOException {
    write(target, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /**
   * Writes text in UTF-8 as {@link #write(Path, Content)} does.
   *
   * @param target the file to make or replace
   * @param text its content
   * @throws IOException if writing fails; the target is then as before
   */
  public static void write(Path target, String text) throws IOException {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Writes all remaining bytes of a buffer; a single {@code write} may write fewer.
   *
   * @param channel an open file
   * @param bytes the bytes; the buffer's position ends at its limit
   * @throws IOException if writing fails
   */
  public static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Gives a file that was written beside its name: syncs it, renames it over the target and syncs
   * the folder.
   *
   * @param beside a whole file in the target's folder; gone afterwards
   * @param target the name
   * @throws IOException if that fails; the target is then as before
   */
  public static void publish(Path beside, Path target) throws IOException {
    Path absolute = target.toAbsolutePath();
    try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    rename(beside, absolute);
    Path folder = absolute.getParent();
    if (folder != null) {
      syncFolder(folder);
    }
  }

  /**
   * Removes what killed processes have left beside the files of a folder; not in folders within it.
   * What a living process of this machine writes stays.
   *
   * @param folder a folder; nothing happens if there is none
   * @throws IOException if it can't be read, or a file not removed
   */
  public static void removeAbandoned(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*.part")) {
      for (Path part : parts) {
        Matcher name = BESIDE.matcher(String.valueOf(part.getFileName()));
        if (name.matches()
            && Files.isRegularFile(part)
            && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
          Files.deleteIfExists(part);
        }
      }
    }
  }

  private static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Makes the rename itself durable. Windows has no such call and needs none. */
  static void syncFolder(Path folder) throws IOException {
    if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
