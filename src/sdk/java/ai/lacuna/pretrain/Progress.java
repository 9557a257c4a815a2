package ai.lacuna.pretrain;

/** Watches a run. Called on the thread that trains. */
public interface Progress {
  /**
   * One step of training, measured.
   *
   * @param epoch the epoch, from 0
   * @param step steps done in the whole run
   * @param steps steps of the whole run
   * @param loss the masked loss of the batch, before the step
   * @param learningRate the rate of the step
   * @param imagesPerSecond over the steps since the last record, loading included
   */
  record Step(
      int epoch, long step, long steps, double loss, double learningRate, double imagesPerSecond) {}

  /**
   * One epoch of training, measured.
   *
   * @param epoch the epoch, from 0
   * @param step steps done in the whole run
   * @param loss the mean masked loss of the epoch's batches in this process
   * @param learningRate the rate of the last step
   * @param imagesPerSecond over the epoch's steps in this process
   * @param seconds time of these steps
   */
  record Epoch(
      int epoch,
      long step,
      double loss,
      double learningRate,
      double imagesPerSecond,
      double seconds) {}

  /**
   * After a step.
   *
   * @param step what was measured
   */
  default void onStep(Step step) {}

  /**
   * After an epoch.
   *
   * @param epoch what was measured
   */
  default void onEpoch(Epoch epoch) {}

  /**
   * Returns one that does nothing.
   *
   * @return a silent watcher
   */
  static Progress silent() {
    return new Progress() {};
  }
}
