package ai.lacuna.cli;

/** The arguments make no sense; the message is one line that says what to change. */
final class UsageException extends RuntimeException {
  UsageException(String message) {
    super(message);
  }

  UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
