package ai.lacuna.data;

/**
 * Data that is missing, damaged or not of the kind expected.
 *
 * <p>The message names the file or sample, what was expected, what was found, and the next step.
 */
public final class DataException extends RuntimeException {
  /**
   * Makes the error.
   *
   * @param message what is wrong where, and how to mend it
   */
  public DataException(String message) {
    super(message);
  }

  /**
   * Makes the error, keeping its cause.
   *
   * @param message what is wrong where, and how to mend it
   * @param cause what was thrown underneath
   */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
