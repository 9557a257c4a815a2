package ai.lacuna.cache;

/** Who is told what happens; called by the thread that fetches. */
public interface DownloadProgress {
  /**
   * A transfer begins, or goes on after a failure.
   *
   * @param what the file's name
   * @param done bytes that are there already
   * @param total bytes in the end; {@link RemoteFile#UNKNOWN_SIZE} if nobody knows
   */
  void begin(String what, long done, long total);

  /**
   * More has come.
   *
   * @param done bytes that are there
   */
  void advance(long done);

  /** The transfer has ended, whole or not. */
  void end();

  /**
   * Something that a person should know: a retry, a copy that is used in place of the server's, a
   * digest that is trusted because none is known.
   *
   * @param line one line
   */
  void say(String line);

  /** Lines in the log: what is said, and where transfers begin. */
  static DownloadProgress logged() {
    return LoggedProgress.INSTANCE;
  }
}
