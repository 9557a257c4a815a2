package ai.lacuna.serving.batch;

/** A request that was accepted and got no answer within {@link BatchOptions#timeout}. */
public final class RequestTimeoutException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RequestTimeoutException(String message, Throwable cause) {
    super(message, cause);
  }
}
