package ai.lacuna.serving;

/**
 * A bundle that cannot be trusted or served: which file, what was expected, what was found, and
 * what to do about it.
 */
public final class BundleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final String expected;
  private final String found;
  private final String nextStep;

  BundleException(String file, String expected, String found, String nextStep) {
    super(file + ": expected " + expected + ", found " + found + "; " + nextStep);
    this.file = file;
    this.expected = expected;
    this.found = found;
    this.nextStep = nextStep;
  }

  BundleException(String file, String expected, String found, String nextStep, Throwable cause) {
    this(file, expected, found, nextStep);
    initCause(cause);
  }

  /** The file, and where it helps the place in it. */
  public String file() {
    return file;
  }

  /** What a sound bundle has there. */
  public String expected() {
    return expected;
  }

  /** What this one has. */
  public String found() {
    return found;
  }

  /** What mends it. */
  public String nextStep() {
    return nextStep;
  }
}
