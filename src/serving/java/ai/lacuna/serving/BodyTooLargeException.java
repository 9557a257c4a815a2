package ai.lacuna.serving;

/** A body with more bytes than an {@link ImageIntake} takes; as an answer over HTTP, status 413. */
public final class BodyTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BodyTooLargeException(String message) {
    super(message);
  }
}
