package ai.lacuna.serving.batch;

import java.time.Duration;

/**
 * Hears what a {@link Batcher} does, to count and to time it. Called by the threads that do the
 * work, some of them at once: be quick and thread-safe. What it throws is logged and has no effect
 * on the requests.
 */
public interface BatchListener {
  /** Hears nothing. */
  BatchListener NONE = new BatchListener() {};

  /** How a request ended. */
  enum Outcome {
    /** With a result. */
    ANSWERED,
    /** With an exception of the function. */
    FAILED,
    /** Later than allowed. */
    TIMED_OUT,
    /** By its caller. */
    CANCELLED,
    /** It was not accepted. */
    REJECTED
  }

  /**
   * The batcher has begun; called once, before any other.
   *
   * @param batcher whose state may be asked at any time
   */
  default void started(Batcher<?, ?> batcher) {}

  /**
   * A request has ended. Unless its caller ended it, this comes before its answer is there: who has
   * an answer finds it counted.
   *
   * @param outcome how
   * @param took from acceptance to the end; zero if it was not accepted
   */
  default void ended(Outcome outcome, Duration took) {}

  /**
   * A batch has run, with or without success.
   *
   * @param size its requests
   * @param took what the function took
   */
  default void ran(int size, Duration took) {}
}
