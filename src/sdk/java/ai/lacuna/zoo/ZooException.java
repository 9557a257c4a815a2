package ai.lacuna.zoo;

/** A zoo has no such entry, or what it holds is damaged or incomplete. */
public final class ZooException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is wrong: where, expected, found, and the next step
   */
  public ZooException(String message) {
    super(message);
  }

  /**
   * @param message what is wrong: where, expected, found, and the next step
   * @param cause the underlying failure
   */
  public ZooException(String message, Throwable cause) {
    super(message, cause);
  }
}
