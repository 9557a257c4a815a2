package ai.lacuna.serving.batch;

import java.time.Duration;

/**
 * How a {@link Batcher} gathers requests.
 *
 * @param maxBatch requests of one call, at least 1
 * @param maxDelay how long the first request of a batch waits for others; zero takes what is there
 * @param queueCapacity requests that may wait or hold a place, besides those in a running batch, at
 *     least 1; more are refused
 * @param timeout from acceptance to answer; a request that takes longer fails
 * @param workers batches that run at once, at least 1; one is right where the function itself uses
 *     all cores, as ONNX Runtime does
 */
public record BatchOptions(
    int maxBatch, Duration maxDelay, int queueCapacity, Duration timeout, int workers) {
  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public BatchOptions {
    atLeastOne("maxBatch", maxBatch);
    atLeastOne("queueCapacity", queueCapacity);
    atLeastOne("workers", workers);
    if (maxDelay.isNegative()) {
      throw new IllegalArgumentException("maxDelay: expected zero or more, found " + maxDelay);
    }
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("timeout: expected more than zero, found " + timeout);
    }
  }

  /** Up to 32 requests that wait 5 ms, 256 in the queue, 10 s to answer, one worker. */
  public static BatchOptions defaults() {
    return new BatchOptions(32, Duration.ofMillis(5), 256, Duration.ofSeconds(10), 1);
  }

  /** The same with another largest batch. */
  public BatchOptions withMaxBatch(int value) {
    return new BatchOptions(value, maxDelay, queueCapacity, timeout, workers);
  }

  /** The same with another delay. */
  public BatchOptions withMaxDelay(Duration value) {
    return new BatchOptions(maxBatch, value, queueCapacity, timeout, workers);
  }

  /** The same with a queue of another length. */
  public BatchOptions withQueueCapacity(int value) {
    return new BatchOptions(maxBatch, maxDelay, value, timeout, workers);
  }

  /** The same with another time to answer. */
  public BatchOptions withTimeout(Duration value) {
    return new BatchOptions(maxBatch, maxDelay, queueCapacity, value, workers);
  }

  /** The same with another number of batches at once. */
  public BatchOptions withWorkers(int value) {
    return new BatchOptions(maxBatch, maxDelay, queueCapacity, timeout, value);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": expected at least 1, found " + value);
    }
  }
}
