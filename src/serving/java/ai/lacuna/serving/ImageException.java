package ai.lacuna.serving;

/**
 * An image that cannot be read as it is.
 *
 * <p>The message names the image, what was expected, what was found, and the next step.
 */
public final class ImageException extends RuntimeException {
  /**
   * Makes the error.
   *
   * @param message what is wrong with which image, and how to mend it
   */
  public ImageException(String message) {
    super(message);
  }

  /**
   * Makes the error, keeping its cause.
   *
   * @param message what is wrong with which image, and how to mend it
   * @param cause what the decoder threw
   */
  public ImageException(String message, Throwable cause) {
    super(message, cause);
  }
}
