package ai.lacuna.zoo;

import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.WeightsCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A fine-tuned network on its way into a zoo.
 *
 * @param name the entry's name
 * @param config what it is, and how it came about
 * @param weights all its parameters
 * @param recipe a JSON object of the run's configuration, {@code finetune}, and of the machine that
 *     it ran on, {@code environment}; empty for a network that others fine-tuned
 * @param trainingLog the run's epochs, a JSON object a line; empty with the recipe
 */
public record FineTunedPublication(
    String name, FineTuneConfig config, NamedTensors weights, String recipe, String trainingLog) {
  private static final String LOG = "metrics.jsonl";

  /**
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit the network
   */
  public FineTunedPublication {
    WeightsCheck.of(
            Publication.shapes(ai.lacuna.graph.Program.of(config.network().forward())), weights)
        .requireFit(name);
  }

  /**
   * Takes what a fine-tuning run has left, its best epoch or its last; or what {@link
   * ai.lacuna.finetune.ForeignClassifier} has written, which has no recipe.
   *
   * @param name the entry's name
   * @param run the directory
   * @return the publication
   * @throws ZooException if the run has not ended
   * @throws IOException if a file of the run cannot be read
   */
  public static FineTunedPublication ofRun(String name, Path run) throws IOException {
    Path weights = run.resolve(FineTuned.FILE);
    if (!FineTuned.isRun(run) || !Files.isRegularFile(weights)) {
      throw new ZooException(
          run
              + ": expected the directory of a fine-tuning run with "
              + FineTuned.FILE
              + ", found none; fine-tune first");
    }
    FineTuneConfig config = FineTuneConfig.fromJson(Files.readString(run.resolve("config.json")));
    if (isForeign(run)) {
      return new FineTunedPublication(name, config, Safetensors.read(weights), "", "");
    }
    return new FineTunedPublication(
        name,
        config,
        Safetensors.read(weights),
        Publication.recipe("finetune", config.toJson(), run),
        Publication.epochs(run.resolve(LOG)));
  }

  /**
   * The same publication with weights rounded to float16, in files half as large.
   *
   * @throws ai.lacuna.weights.WeightsException if a weight lies outside float16's range
   */
  public FineTunedPublication inFloat16() {
    return new FineTunedPublication(name, config, weights.toFloat16(), recipe, trainingLog);
  }

  /** A run begins with its environment and goes on with its log. */
  private static boolean isForeign(Path run) {
    return !Files.exists(run.resolve("environment.json")) && !Files.exists(run.resolve(LOG));
  }
}
