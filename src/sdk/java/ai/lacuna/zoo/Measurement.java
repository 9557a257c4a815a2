package ai.lacuna.zoo;

/**
 * A figure that a command has measured on an encoder.
 *
 * @param task what was done: {@code linear-probe}, {@code k-nn}, {@code fine-tune}, ...
 * @param protocol how, in one phrase that a reader can compare with a paper's
 * @param data on what
 * @param figure what came out
 */
public record Measurement(String task, String protocol, Data data, Figure figure) {
  /**
   * The data of a measurement.
   *
   * @param dataset short name, for example {@code fashion-mnist}
   * @param split which part, for example {@code test}
   * @param images how many images
   */
  public record Data(String dataset, String split, int images) {}

  /**
   * A number and its meaning.
   *
   * @param metric for example {@code accuracy}
   * @param value the number
   * @param unit for example {@code %}; may be empty
   */
  public record Figure(String metric, double value, String unit) {
    /**
     * @throws IllegalArgumentException if the value is not finite
     */
    public Figure {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException(metric + ": expected a finite value, found " + value);
      }
    }
  }

  /** Whether another measurement is of the same thing, so that the newer replaces the older. */
  boolean repeats(Measurement other) {
    return task.equals(other.task)
        && protocol.equals(other.protocol)
        && data.dataset().equals(other.data.dataset())
        && data.split().equals(other.data.split())
        && figure.metric().equals(other.figure.metric());
  }
}
