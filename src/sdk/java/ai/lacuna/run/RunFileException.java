package ai.lacuna.run;

import java.io.IOException;

/** A file of a run's directory holds something else than a run writes; the message says which. */
public final class RunFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which file, expected, found, and the next step
   * @param cause the underlying failure
   */
  public RunFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
