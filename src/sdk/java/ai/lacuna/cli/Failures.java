package ai.lacuna.cli;

import ai.lacuna.text.OneLine;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;
import java.util.regex.Pattern;

/** What an exception means to the caller: an exit code and one line. */
final class Failures {
  /** Exit code of anything that is not the input's fault. */
  static final int UNEXPECTED = 1;

  /** Exit code of bad input: an unknown option, a missing file, a wrong shape. */
  static final int BAD_INPUT = 2;

  private static final int MOST_LETTERS = 4000;
  private static final int LAST_LETTERS = 500;

  /** What systems say where there is no room: Linux and macOS, a quota, ulimit, Windows. */
  private static final Pattern NO_ROOM =
      Pattern.compile(
          "No space left on device|Disk quota exceeded|File too large"
              + "|There is not enough space on the disk");

  private Failures() {}

  /** Prints one line, and the stack trace if asked for; returns the exit code. */
  static int report(Throwable failure, boolean debug, PrintStream err) {
    Optional<NativeFailure> known = NativeFailure.of(failure);
    boolean input = known.map(NativeFailure::input).orElseGet(() -> isBadInput(failure));
    String hint = input || debug ? "" : " (--debug shows where)";
    String line = known.map(NativeFailure::line).orElseGet(() -> describe(failure));
    err.println("lacuna: " + OneLine.of(line) + hint);
    if (debug) {
      failure.printStackTrace(err);
    }
    err.flush();
    return input ? BAD_INPUT : UNEXPECTED;
  }

  /**
   * Lacuna's own exceptions and those of files that are missing or cannot be used where they are,
   * such as on a read-only file system: their messages say what to mend.
   */
  private static boolean isBadInput(Throwable failure) {
    return failure.getClass().getName().startsWith("ai.lacuna.")
        || failure instanceof IllegalArgumentException
        || failure instanceof NoSuchFileException
        || failure instanceof FileNotFoundException
        || isNoRoom(failure)
        || (failure instanceof FileSystemException file && isOfPlace(file));
  }

  /** A disk that is full; whoever writes names the file. */
  private static boolean isNoRoom(Throwable failure) {
    boolean ofFiles = failure instanceof IOException || failure instanceof UncheckedIOException;
    return ofFiles && NO_ROOM.matcher(String.valueOf(failure.getMessage())).find();
  }

  /** The classes that the JDK has for it, or the plain one with the system's own words. */
  private static boolean isOfPlace(FileSystemException file) {
    return file instanceof AccessDeniedException
        || file instanceof FileAlreadyExistsException
        || file instanceof NotDirectoryException
        || (file.getClass() == FileSystemException.class && file.getReason() != null);
  }

  /** What a file holds may be long: its beginning, and the end, where the next step is. */
  private static String shortened(String message) {
    int length = message.length();
    return length <= MOST_LETTERS
        ? message
        : message.substring(0, MOST_LETTERS - LAST_LETTERS)
            + " … "
            + message.substring(length - LAST_LETTERS);
  }

  private static String describe(Throwable failure) {
    // A list, a thing on each line, stays one; what ends in a colon goes on after it.
    String message =
        shortened(String.valueOf(failure.getMessage()))
            .strip()
            .replaceAll("([:;,.])\\s*\\R\\s*", "$1 ")
            .replaceAll("\\s*\\R\\s*", "; ");
    if (failure instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file or directory; check the path";
    }
    if (failure instanceof FileSystemException file) {
      String kind = failure.getClass().getSimpleName().replace("Exception", "");
      String reason = file.getReason() == null ? kind : file.getReason();
      String remedy = isNoRoom(failure) ? "make room" : "check the path and its permissions";
      return file.getFile() + ": " + reason + "; " + remedy;
    }
    if (failure instanceof OutOfMemoryError) {
      return "out of memory: " + message + "; try LACUNA_JAVA_OPTS=-Xmx8g or a smaller batch";
    }
    boolean plain = failure.getMessage() != null && isBadInput(failure);
    return plain ? message : failure.getClass().getSimpleName() + ": " + message;
  }
}
