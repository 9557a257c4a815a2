package ai.lacuna.finetune;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.run.RunSettings;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * Fine-tunes a pretrained encoder with a head on labelled images.
 *
 * <pre>{@code
 * try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
 *   FineTuner tuner =
 *       FineTuner.builder(encoder, train)
 *           .validation(validation)
 *           .plan(UnfreezePlan.parse("head@2, last4@4, all@6"))
 *           .rates(new RateRule.LayerDecay(0.65))
 *           .run(Path.of("runs/shirts"))
 *           .build();
 *   FineTuner.Result result = tuner.run();
 *   try (FineTuned model = result.open(Device.cpu())) {
 *     System.out.println(model.evaluate(LabelledImages.of(test)).figure("top1"));
 *   }
 * }
 * }</pre>
 *
 * <p>A run that was stopped goes on from its newest checkpoint when started again on the same
 * directory. Any thread may {@link #stop} it. For one call of {@link #run}: build another one to go
 * on.
 */
public final class FineTuner {
  private final FineTuneTask task;
  private final JudgedRun training;

  FineTuner(
      FineTuneTask task,
      RunSettings settings,
      Optional<LabelledImages> validation,
      Patience patience) {
    this.task = task;
    this.training =
        new JudgedRun(
            task,
            settings,
            new ImageExamination(task.configuration(), validation, settings),
            validation.isPresent(),
            patience);
  }

  /**
   * Begins a fine-tuner for the classes of a data set.
   *
   * @param encoder the pretrained encoder; its weights are copied
   * @param train labelled training images
   * @return a builder with settings that suit a first try, see {@link FineTunerBuilder}
   */
  public static FineTunerBuilder builder(Encoder encoder, ImageDataset train) {
    return builder(encoder, LabelledImages.of(train));
  }

  /**
   * Begins a fine-tuner.
   *
   * @param encoder the pretrained encoder; its weights are copied
   * @param train training images with classes, labels or values
   * @return a builder with settings that suit a first try, see {@link FineTunerBuilder}
   */
  public static FineTunerBuilder builder(Encoder encoder, LabelledImages train) {
    return new FineTunerBuilder(encoder, train);
  }

  /**
   * What fine-tuning ended with.
   *
   * @param config what was computed
   * @param weights all parameters of the best epoch, or of the last one if none was judged; a head
   *     of values gives them in the units of the training images
   * @param epoch the best epoch, from 0; the last one if none was judged
   * @param validation figures of the best epoch on the validation images; empty without them
   * @param steps steps done
   */
  public record Result(
      FineTuneConfig config,
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
    public FineTuned open(Device device) {
      return FineTuned.of(config, weights, device);
    }
  }

  /** What it computes. */
  public FineTuneConfig config() {
    return task.configuration();
  }

  /**
   * Fine-tunes until the end of the plan, or until no better epoch has come for a while.
   *
   * @return the best network
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

  /**
   * Looks for a good learning rate: a few steps at rates from tiny to huge, on a copy of the
   * network, in no directory. The layers are those of the plan's widest phase, because one rate
   * serves all phases.
   *
   * @return the loss at each rate
   * @throws IOException if the data can't be read
   * @throws IllegalArgumentException if the loss is not finite even at tiny rates
   */
  public RateFinder.Curve findRate() throws IOException {
    return RateFinder.find(task, task.configuration().recipe().plan(), training.settings());
  }
}
