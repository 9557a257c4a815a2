package ai.lacuna.serving.batch;

/** A request that a {@link Batcher} did not accept, and that no part of it will work on. */
public final class RejectedRequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why a request was not accepted. */
  public enum Reason {
    /** As many requests wait as may; try again later, or elsewhere. */
    OVERLOADED,
    /** The batcher is closed, or answers its last requests. */
    CLOSED
  }

  private final Reason reason;

  /**
   * Makes the error; also for who refuses a request before it reaches its batcher.
   *
   * @param reason why
   * @param message what was expected and found
   */
  public RejectedRequestException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why it was not accepted. */
  public Reason reason() {
    return reason;
  }
}
