package ai.lacuna.probe;

/** Hears how far a probe has come. Called on the thread that runs the probe. */
@FunctionalInterface
public interface ProbeProgress {
  /**
   * Some of a stage is done.
   *
   * @param stage what is being done: {@code train features}, {@code test features}, {@code choose
   *     C}, {@code fit}
   * @param done how much, from 0
   * @param total how much there is
   */
  void update(String stage, long done, long total);

  /**
   * Returns one that does not listen.
   *
   * @return a silent one
   */
  static ProbeProgress silent() {
    return (stage, done, total) -> {};
  }
}
