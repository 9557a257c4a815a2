package ai.lacuna.weights;

/** A weights file is malformed, or weights are not what was expected. */
public final class WeightsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is wrong: where, expected, found, and the next step
   */
  public WeightsException(String message) {
    super(message);
  }

  /**
   * @param message what is wrong: where, expected, found, and the next step
   * @param cause the underlying failure
   */
  public WeightsException(String message, Throwable cause) {
    super(message, cause);
  }
}
