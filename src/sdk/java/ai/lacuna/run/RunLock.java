package ai.lacuna.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One process at a time writes to a run. The system frees the lock when the process ends, however
 * it ends.
 */
final class RunLock implements AutoCloseable {
  /**
   * The runs of this process. A second one must not open the file: where locks are POSIX's, closing
   * it there would free the lock of the first for other processes.
   */
  private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

  private final Path run;
  private final FileChannel channel;

  private RunLock(Path run, FileChannel channel) {
    this.run = run;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws IllegalArgumentException if another run has it
   */
  static RunLock take(Path run) throws IOException {
    Path real = run.toRealPath();
    if (!TAKEN.add(real)) {
      throw taken(run);
    }
    boolean locked = false;
    try {
      FileChannel channel =
          FileChannel.open(
              real.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        locked = channel.tryLock() != null;
      } catch (OverlappingFileLockException e) {
        throw taken(run); // This class of another class loader has it.
      } finally {
        if (!locked) {
          channel.close();
        }
      }
      if (!locked) {
        throw taken(run);
      }
      return new RunLock(real, channel);
    } finally {
      if (!locked) {
        TAKEN.remove(real);
      }
    }
  }

  private static IllegalArgumentException taken(Path run) {
    return new IllegalArgumentException(
        run + ": another process is training there; wait for its end, or choose another directory");
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      TAKEN.remove(run);
    }
  }
}
