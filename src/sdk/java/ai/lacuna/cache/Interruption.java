package ai.lacuna.cache;

import java.io.IOException;

/** A failure of a server or a connection after which another attempt makes sense. */
final class Interruption extends IOException {
  private static final long serialVersionUID = 1L;

  Interruption(String message) {
    super(message);
  }

  /** What went wrong, for messages: of other failures, with their kind. */
  static String reason(IOException e) {
    return e instanceof Interruption ? String.valueOf(e.getMessage()) : e.toString();
  }
}
