package ai.lacuna.zoo;

import ai.lacuna.files.ProcessLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One writer at a time changes a zoo's folder: its index is made of all entries, so that a second
 * one would write one that lacks the first one's entry, or read an entry of which half is there.
 */
final class ZooLock {
  private static final Logger LOG = LoggerFactory.getLogger(ZooLock.class);
  private static final String FILE = ".lock";

  private ZooLock() {}

  /**
   * Waits until no other thread or process writes there, and acts; not within another action.
   *
   * @param zoo the zoo's folder; where there is none, there is nothing to guard
   */
  static <T> T hold(Path zoo, ProcessLock.Action<T> action) throws IOException {
    if (!Files.isDirectory(zoo)) {
      return action.run(); // Which says what is missing.
    }
    return ProcessLock.hold(
        zoo.toRealPath().resolve(FILE),
        () -> LOG.warn("{}: another process writes to this zoo; waiting", zoo),
        action);
  }
}
