package ai.lacuna.zoo;

import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.WeightsCheck;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A pretrained masked autoencoder on its way into a zoo.
 *
 * @param name the entry's name
 * @param network encoder and decoder
 * @param preprocessing what is done to an image before the encoder sees it
 * @param weights all of the network's parameters, or those of the encoder alone
 * @param recipe a JSON object of the run's configuration, {@code pretrain}, and of the machine that
 *     it ran on, {@code environment}
 * @param trainingLog the run's metrics, a JSON object a line; those of kind {@code epoch} have
 *     {@code epoch}, {@code loss} and {@code seconds}
 */
public record Publication(
    String name,
    MaskedAutoencoder network,
    Preprocessing preprocessing,
    NamedTensors weights,
    String recipe,
    String trainingLog) {

  /**
   * @throws IllegalArgumentException if the preprocessing's statistics are not the network's
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit the network, or hold NaN
   *     or infinite values
   */
  public Publication {
    if (!preprocessing.mean().equals(network.encoder().normalization().mean())
        || !preprocessing.std().equals(network.encoder().normalization().std())) {
      throw new IllegalArgumentException(
          "%s: expected preprocessing with %s, found mean %s and std %s"
              .formatted(
                  name,
                  network.encoder().normalization(),
                  preprocessing.mean(),
                  preprocessing.std()));
    }
    Map<String, List<Long>> encoder = shapes(network.encoder().program());
    boolean encoderAlone = encoder.keySet().containsAll(weights.names());
    WeightsCheck.of(encoderAlone ? encoder : shapes(network.program()), weights).requireFit(name);
  }

  /**
   * Takes what a pretraining run has left, from its newest checkpoint.
   *
   * <p>Images are resized with the bicubic kernel, as in the run. Of the log the lines of whole
   * epochs are kept.
   *
   * @param name the entry's name
   * @param run the directory of the run
   * @return the publication
   * @throws ZooException if the run is not one of pretraining, has no checkpoint, or has not ended
   * @throws IOException if a file of the run cannot be read
   */
  public static Publication ofRun(String name, Path run) throws IOException {
    JsonObject config = object(run.resolve("config.json"));
    requirePretraining(run, config);
    PretrainConfig pretrain = PretrainConfig.fromJson(config.toString());
    Checkpoint checkpoint =
        Checkpoint.newest(run)
            .orElseThrow(
                () ->
                    new ZooException(run + ": expected a checkpoint, found none; pretrain first"));
    if (checkpoint.state().epoch() < pretrain.recipe().epochs()) {
      throw new ZooException(
          "%s: expected a run of %s epochs, found one stopped in epoch %s; resume it first"
              .formatted(run, pretrain.recipe().epochs(), checkpoint.state().epoch() + 1));
    }
    return new Publication(
        name,
        pretrain.network(),
        pretrain.preprocessing(),
        checkpoint.weights(),
        recipe("pretrain", pretrain.toJson(), run),
        epochs(run.resolve("metrics.jsonl")));
  }

  /**
   * The same publication with weights rounded to float16, in files half as large. Figures are to be
   * measured on what is published, not on what the run left.
   *
   * @throws ai.lacuna.weights.WeightsException if a weight lies outside float16's range
   */
  public Publication inFloat16() {
    return new Publication(name, network, preprocessing, weights.toFloat16(), recipe, trainingLog);
  }

  private static void requirePretraining(Path run, JsonObject config) {
    JsonElement kind = config.get("kind"); // A run of pretraining has none.
    if (kind != null) {
      String found = kind.isJsonPrimitive() ? kind.getAsString() : kind.toString();
      throw new ZooException(
          "%s: expected a run of pretrain, found one of %s; %s"
              .formatted(
                  run,
                  found,
                  found.equals("finetune")
                      ? "publish it as a FineTunedPublication"
                      : "a zoo keeps no such networks, export it"));
    }
  }

  private static JsonObject object(Path file) throws IOException {
    try {
      return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new ZooException(file + ": expected a JSON object: " + e.getMessage(), e);
    }
  }

  /** A run's configuration and machine. */
  static String recipe(String kind, String config, Path run) throws IOException {
    JsonObject recipe = new JsonObject();
    recipe.add(kind, JsonParser.parseString(config));
    recipe.add("environment", object(run.resolve("environment.json")));
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(recipe)
        + "\n";
  }

  static String epochs(Path metrics) throws IOException {
    return Files.readAllLines(metrics).stream()
        .filter(line -> line.contains("\"kind\":\"epoch\""))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  NamedTensors encoder() {
    Map<String, List<Long>> encoder = shapes(network.encoder().program());
    return weights.only(encoder::containsKey);
  }

  NamedTensors decoder() {
    Map<String, List<Long>> encoder = shapes(network.encoder().program());
    return weights.only(name -> !encoder.containsKey(name));
  }

  static Map<String, List<Long>> shapes(Program program) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (Parameter parameter : program.parameters()) {
      shapes.put(parameter.name(), parameter.shape().dims());
    }
    return shapes;
  }
}
