package ai.lacuna.probe;

/**
 * Data on which no head can be fitted.
 *
 * <p>The message names what was expected, what was found, and the next step.
 */
public final class ProbeException extends RuntimeException {
  /**
   * Makes the error.
   *
   * @param message what is wrong where, and how to mend it
   */
  public ProbeException(String message) {
    super(message);
  }
}
