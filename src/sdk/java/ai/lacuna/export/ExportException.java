package ai.lacuna.export;

/** An export that was refused; no bundle was written and an older one is as it was. */
public final class ExportException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ExportException(String message) {
    super(message);
  }
}
