package ai.lacuna.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One process at a time writes to a run. The system frees the lock when the process ends, however
 * it ends.
 */
final class RunLock implements AutoCloseable {
  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws IllegalArgumentException if another run has it
   */
  static RunLock take(Path run) throws IOException {
    FileChannel channel =
        FileChannel.open(run.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return new RunLock(channel);
      }
    } catch (OverlappingFileLockException inThisProcess) {
      // Answered below, as for another process.
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw new IllegalArgumentException(
        run + ": another process is training there; wait for its end, or choose another directory");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
