package ai.lacuna.pretrain;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.run.RunSettings;
import ai.lacuna.run.TrainingRun;
import java.io.IOException;
import java.util.List;

/**
 * Pretrains a masked autoencoder (arXiv 2111.06377): random resized crop and flip, random masks,
 * the loss on removed patches, AdamW, warm-up and cosine at each iteration.
 *
 * <pre>{@code
 * Path run = Path.of("runs/mae");
 * Pretrainer.builder(config, images).run(run).device(Device.cpu()).build().run();
 * }</pre>
 *
 * <p>A run that was stopped goes on from its newest checkpoint when started again on the same
 * directory, with the same losses and weights as one that was not, on the same device and number of
 * threads.
 */
public final class Pretrainer {
  private final PretrainTask task;
  private final TrainingRun training;

  Pretrainer(PretrainTask task, RunSettings settings) {
    this.task = task;
    this.training = new TrainingRun(task, settings);
  }

  /**
   * Begins a pretrainer.
   *
   * @param config what to compute
   * @param data the images; labels are ignored
   * @return a builder: run directory {@code run}, on the CPU, a checkpoint every epoch
   */
  public static PretrainerBuilder builder(PretrainConfig config, ImageDataset data) {
    return new PretrainerBuilder(config, data);
  }

  /**
   * Trains until the end of the recipe, or until the step limit.
   *
   * @return weights of encoder and decoder, and the mean masked loss of the last epoch
   * @throws IOException if the directory can't be read or written
   * @throws IllegalArgumentException if the data is smaller than a batch, or the directory holds a
   *     run with another configuration
   * @throws ai.lacuna.data.DataException if too many images are damaged
   * @throws ai.lacuna.run.NonFiniteException if a loss, gradient or weight is not a finite number,
   *     and the numerics do not say to go back, or going back does not help
   */
  public TrainingRun.Result run() throws IOException {
    return training.run();
  }

  /**
   * Asks the run to stop after its current step, with a checkpoint. Returns at once; may be called
   * from any thread. {@link #run} then returns what was trained so far.
   */
  public void stop() {
    training.stop();
  }

  /** How the configuration, with the digests of files that it names, differs from a run's. */
  List<String> differences(String config) {
    return task.differences(config);
  }
}
