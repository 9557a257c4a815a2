package ai.lacuna.segment;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.JudgedRun;
import ai.lacuna.finetune.Patience;
import ai.lacuna.run.RunSettings;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a dense head on a pretrained encoder, and as much of the encoder as its plan says.
 *
 * <pre>{@code
 * SegmentationData data = SegmentationData.open(Path.of("streets"));
 * try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
 *   Segmenter.builder(encoder, data.train()).run(Path.of("runs/streets")).build().run();
 * }
 * }</pre>
 *
 * <p>The package begins with a longer example.
 *
 * <p>A run that was stopped goes on from its newest checkpoint when started again on the same
 * directory. Any thread may {@link #stop} it.
 */
public final class Segmenter {
  private final SegmentTask task;
  private final JudgedRun training;

  Segmenter(
      SegmentTask task,
      RunSettings settings,
      Optional<MaskedImages> validation,
      Patience patience) {
    this.task = task;
    this.training =
        new JudgedRun(
            task,
            settings,
            new MaskExamination(task.configuration(), validation, settings),
            validation.isPresent(),
            patience);
  }

  /**
   * Begins a segmenter.
   *
   * @param encoder the pretrained encoder; its weights are copied
   * @param train training images with masks
   * @return a builder with settings that suit a first try, see {@link SegmenterBuilder}
   */
  public static SegmenterBuilder builder(Encoder encoder, MaskedImages train) {
    return new SegmenterBuilder(encoder, train);
  }

  /**
   * What training ended with.
   *
   * @param config what was computed
   * @param weights all parameters of the best epoch, or of the last one if none was judged
   * @param epoch the best epoch, from 0; the last one if none was judged
   * @param validation figures of the best epoch on the validation images, see {@link
   *     SegmentationScores#figures}; empty without them
   * @param steps steps done
   */
  public record Result(
      SegmenterConfig config,
      NamedTensors weights,
      int epoch,
      Map<String, Double> validation,
      long steps) {
    /**
     * Opens the network.
     *
     * @param device where it runs
     * @return it; close it
     */
    public Segmented open(Device device) {
      return Segmented.of(config, weights, device);
    }
  }

  /** What it computes. */
  public SegmenterConfig config() {
    return task.configuration();
  }

  /**
   * Trains until the end of the plan, or until no better epoch has come for a while.
   *
   * @return the network of the best epoch, by mean intersection over union
   * @throws IOException if the data or the directory can't be read or written
   * @throws IllegalArgumentException if the data is smaller than a batch, or the directory holds a
   *     run with another configuration
   * @throws ai.lacuna.data.DataException if too many images are damaged
   * @throws ai.lacuna.run.NonFiniteException if a loss, gradient or weight is not a finite number,
   *     and the numerics do not say to go back, or going back does not help
   */
  public Result run() throws IOException {
    JudgedRun.Result ended = training.run();
    return new Result(
        task.configuration(), ended.weights(), ended.epoch(), ended.figures(), ended.steps());
  }

  /**
   * Asks the run to stop after its current step, with a checkpoint. Returns at once; may be called
   * from any thread. {@link #run} then returns the best network so far.
   */
  public void stop() {
    training.stop();
  }
}
