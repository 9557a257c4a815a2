package ai.lacuna.run;

import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Watches a run. Called on the thread that trains. */
public interface Progress {
  /** The figure of {@link #inspect} that is the loss of images that are not trained on. */
  String LOSS = "loss";

  /**
   * What is known when a run begins or goes on.
   *
   * @param step steps done before
   * @param steps steps of the whole run
   * @param encoderFlops operations of the encoder's forward pass for one image
   * @param decoderFlops operations of the forward pass of what follows it for one image, such as a
   *     decoder; 0 for a head that is counted with the encoder
   * @param peakFlopsPerSecond what the devices reach in large matrix products of the run's
   *     precision
   */
  record Start(
      long step, long steps, long encoderFlops, long decoderFlops, double peakFlopsPerSecond) {}

  /**
   * One step of training, measured.
   *
   * @param epoch the epoch, from 0
   * @param step steps done in the whole run
   * @param steps steps of the whole run
   * @param loss the loss of the batch, before the step
   * @param learningRate the rate of the step
   * @param imagesPerSecond over the steps since the last record, loading included
   * @param secondsLeft to the end of the recipe, at the pace since the last record
   * @param gauges what else was measured
   */
  record Step(
      int epoch,
      long step,
      long steps,
      double loss,
      double learningRate,
      double imagesPerSecond,
      double secondsLeft,
      Gauges gauges) {}

  /**
   * One epoch of training, measured. Means and counts cover all of its steps, also those that an
   * earlier process did before the run was stopped and went on; times and rates those of this one.
   *
   * @param epoch the epoch, from 0
   * @param step steps done in the whole run
   * @param loss the mean loss of the epoch's batches
   * @param learningRate the rate of the last step
   * @param imagesPerSecond over the epoch's steps in this process
   * @param seconds time of these steps
   * @param secondsLeft to the end of the recipe, at the epoch's pace
   * @param skipped damaged images of the epoch, which others stood in for
   * @param gauges what else was measured
   */
  record Epoch(
      int epoch,
      long step,
      double loss,
      double learningRate,
      double imagesPerSecond,
      double seconds,
      double secondsLeft,
      int skipped,
      Gauges gauges) {}

  /**
   * Before the first step of this process.
   *
   * @param start what is known
   */
  default void onStart(Start start) {}

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
   * After the checkpoint of an epoch's end, or of the run's step limit: the place for what takes
   * time, such as validation. Not called when the run was asked to stop. An epoch that missed it,
   * because of that or because the process was killed, has it when the run goes on, before the next
   * step; what is no longer known of the epoch is then not a number.
   *
   * @param epoch what was measured
   * @param weights a copy of all parameters, made when asked for
   * @return figures by name, which {@code metrics.jsonl} receives as a line of kind {@code
   *     validation}; possibly none, which makes one of kind {@code inspected}. {@link #LOSS}, if
   *     there is one, decides which checkpoints are the best, else the epoch's loss does
   * @throws IOException if the data or the run's directory fails; it ends the run
   */
  default Map<String, Double> inspect(Epoch epoch, Supplier<NamedTensors> weights)
      throws IOException {
    return Map.of();
  }

  /**
   * After a step that was not finite, when the run goes back to its last checkpoint.
   *
   * @param rollback what was seen, and where the run goes on
   */
  default void onRollback(Rollback rollback) {}

  /**
   * After the figures of {@link #inspect} are recorded. An epoch whose process ended before this
   * did has it when the run goes on, with the figures of the record, those that are finite.
   *
   * @param epoch what was measured
   * @param figures those of all watchers, by name; possibly none
   * @throws IOException if the run's directory fails; it ends the run
   */
  default void onInspected(Epoch epoch, Map<String, Double> figures) throws IOException {}

  /** How a call of {@link TrainingRun#run} ended. */
  enum Ending {
    /** At the end of the recipe, or at the limit of steps. */
    DONE,
    /** Asked to stop, by {@link TrainingRun#stop}. */
    STOPPED,
    /** By the end of the process, such as Ctrl-C. */
    INTERRUPTED,
    /** By an exception, which {@link TrainingRun#run} throws. */
    FAILED
  }

  /**
   * At the end of a run's call, whether or not it began; a process that ends waits for this.
   *
   * @param ending what happened
   */
  default void onEnd(Ending ending) {}

  /**
   * Returns one that does nothing.
   *
   * @return a silent watcher
   */
  static Progress silent() {
    return new Progress() {};
  }

  /**
   * Returns one that tells several, in order; figures of a later one replace those of the same
   * name.
   *
   * @param watchers the watchers
   * @return their union
   */
  static Progress of(List<Progress> watchers) {
    List<Progress> all = List.copyOf(watchers);
    return new Progress() {
      @Override
      public void onStart(Start start) {
        all.forEach(watcher -> watcher.onStart(start));
      }

      @Override
      public void onStep(Step step) {
        all.forEach(watcher -> watcher.onStep(step));
      }

      @Override
      public void onEpoch(Epoch epoch) {
        all.forEach(watcher -> watcher.onEpoch(epoch));
      }

      @Override
      public void onRollback(Rollback rollback) {
        all.forEach(watcher -> watcher.onRollback(rollback));
      }

      @Override
      public Map<String, Double> inspect(Epoch epoch, Supplier<NamedTensors> weights)
          throws IOException {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (Progress watcher : all) {
          figures.putAll(watcher.inspect(epoch, weights));
        }
        return figures;
      }

      @Override
      public void onInspected(Epoch epoch, Map<String, Double> figures) throws IOException {
        for (Progress watcher : all) {
          watcher.onInspected(epoch, figures);
        }
      }

      @Override
      public void onEnd(Ending ending) {
        all.forEach(watcher -> watcher.onEnd(ending));
      }
    };
  }
}
