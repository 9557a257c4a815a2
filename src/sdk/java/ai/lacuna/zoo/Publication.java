package ai.lacuna.zoo;

import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.WeightsCheck;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
