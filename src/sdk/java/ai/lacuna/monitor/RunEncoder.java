package ai.lacuna.monitor;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.Set;
import java.util.stream.Collectors;

/** The encoder of a run, without its decoder. */
public final class RunEncoder {
  private RunEncoder() {}

  /**
   * Loads the encoder.
   *
   * @param name what to call it
   * @param config the configuration of the run
   * @param weights all parameters of encoder and decoder
   * @param device where it runs
   * @return the encoder; close it
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit
   */
  public static Encoder of(
      String name, PretrainConfig config, NamedTensors weights, Device device) {
    Set<String> names =
        config.network().encoder().program().parameters().stream()
            .map(parameter -> parameter.name())
            .collect(Collectors.toSet());
    return Encoder.of(
        name, config.vit(), config.preprocessing(), weights.only(names::contains), device);
  }
}
