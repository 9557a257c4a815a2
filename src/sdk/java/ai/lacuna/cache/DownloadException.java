package ai.lacuna.cache;

import java.io.IOException;

/** A file could not be had from its server or from the cache; the message says which and why. */
public final class DownloadException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message where, expected, found, and the next step
   */
  public DownloadException(String message) {
    super(message);
  }

  /**
   * @param message where, expected, found, and the next step
   * @param cause the underlying failure
   */
  public DownloadException(String message, Throwable cause) {
    super(message, cause);
  }
}
