package ai.lacuna.cache;

import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A file that is still growing, under a temporary name, and where it comes from. Its bytes are a
 * prefix of the whole at any moment, so that a killed process leaves something to go on from.
 *
 * @param file the bytes so far
 * @param origin two lines: the address and the validator
 */
record PartFile(Path file, Path origin) {

  static PartFile of(Path target) {
    return new PartFile(
        target.resolveSibling(target.getFileName() + ".part"),
        target.resolveSibling(target.getFileName() + ".part.origin"));
  }

  /** Bytes that are there. */
  long length() throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /**
   * The validator of the bytes that are there; empty if there was none, or they are from another
   * address.
   */
  String validator(String source) throws IOException {
    try {
      List<String> lines = Files.readAllLines(origin);
      return lines.size() == 2 && lines.get(0).equals(source) ? lines.get(1) : "";
    } catch (NoSuchFileException | java.nio.charset.MalformedInputException e) {
      return "";
    }
  }

  /** Forgets the bytes and notes where the next ones come from. */
  void begin(String source, String validator) throws IOException {
    discard();
    FileReplacement.write(origin, source + "\n" + validator.replaceAll("[\r\n]", "") + "\n");
  }

  FileChannel append() throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  void discard() throws IOException {
    Files.deleteIfExists(file);
    Files.deleteIfExists(origin);
  }

  /** Gives the whole file its name. */
  void publish(Path target) throws IOException {
    FileReplacement.publish(file, target);
    Files.deleteIfExists(origin);
  }
}
