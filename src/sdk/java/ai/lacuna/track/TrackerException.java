package ai.lacuna.track;

/** A tracker could not keep what it was given. */
public final class TrackerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * An error with a cause.
   *
   * @param message what failed, where, and what to do
   * @param cause why
   */
  public TrackerException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * An error.
   *
   * @param message what failed, where, and what to do
   */
  public TrackerException(String message) {
    super(message);
  }
}
