package ai.lacuna.cache;

import java.time.Duration;

/**
 * How long a server is waited for.
 *
 * @param connect for a connection
 * @param read for the next bytes, of the head and of the body
 * @param attempts failures in a row, without a byte gained, after which it is given up
 * @param pause after the first failure; doubled with each further one
 */
record Patience(Duration connect, Duration read, int attempts, Duration pause) {
  static final Patience USUAL =
      new Patience(Duration.ofSeconds(20), Duration.ofSeconds(60), 5, Duration.ofMillis(500));

  /** Waits after a failure, from 1. */
  void pauseAfter(int failure) throws DownloadException {
    try {
      Thread.sleep(pause.toMillis() << Math.min(failure - 1, 6));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DownloadException("interrupted while waiting for a server", e);
    }
  }
}
