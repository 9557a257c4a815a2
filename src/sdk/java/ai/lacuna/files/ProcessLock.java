package ai.lacuna.files;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock that one thread of one process on this machine holds at a time. The system takes it back
 * when the process dies, however it dies. The lock's file stays: deleting it would let two
 * processes hold locks on two files of one name.
 *
 * <p>Not to be taken again by the action that it guards, which would wait for itself.
 */
public final class ProcessLock {
  /** Locks of files are the process's, so that its threads need another one among them. */
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private static final long POLL_MILLIS = 20;
  private static final int POLLS_UNTIL_SAID = 50;

  private ProcessLock() {}

  /**
   * What is done while the lock is held.
   *
   * @param <T> what it gives
   */
  @FunctionalInterface
  public interface Action<T> {
    /**
     * Acts.
     *
     * @return what the holder of the lock is given
     * @throws IOException if a file can't be read or written
     */
    T run() throws IOException;
  }

  /**
   * Waits for the lock, acts and gives it back.
   *
   * @param file the lock's file, made if it is missing
   * @param waiting run once if another process holds it for a second
   * @param action what to do
   * @param <T> what it gives
   * @return what the action gave
   * @throws InterruptedIOException if the thread is interrupted before it has the lock
   * @throws IOException if the lock's file can't be opened, or the action fails
   */
  public static <T> T hold(Path file, Runnable waiting, Action<T> action) throws IOException {
    Path absolute = file.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    ReentrantLock threads = THREADS.computeIfAbsent(absolute, any -> new ReentrantLock());
    try {
      threads.lockInterruptibly();
    } catch (InterruptedException e) {
      throw interrupted(absolute, e);
    }
    try (FileChannel channel =
        FileChannel.open(absolute, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int polls = 0; !locks(channel); polls++) {
        if (polls == POLLS_UNTIL_SAID) {
          waiting.run();
        }
        Thread.sleep(POLL_MILLIS);
      }
      return action.run(); // Closing the channel gives the lock back.
    } catch (InterruptedException e) {
      throw interrupted(absolute, e);
    } finally {
      threads.unlock();
    }
  }

  private static boolean locks(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // This class of another class loader holds it.
    }
  }

  private static InterruptedIOException interrupted(Path file, InterruptedException e) {
    Thread.currentThread().interrupt();
    InterruptedIOException failure =
        new InterruptedIOException(file + ": interrupted while waiting for the lock");
    failure.initCause(e);
    return failure;
  }
}
