package ai.lacuna.sweep;

import ai.lacuna.pretrain.PretrainConfig;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One run of a sweep.
 *
 * @param varied what differs between the runs, and its value here, in the order of the table
 * @param config the run's configuration
 * @param command what to type to repeat the run alone
 */
public record Variant(Map<String, String> varied, PretrainConfig config, String command) {

  /** Keeps the order of what is varied. */
  public Variant {
    varied = Collections.unmodifiableMap(new LinkedHashMap<>(varied));
  }

  /** The name of the run's directory: {@code mask-ratio=0.5_patch-size=2}. */
  public String name() {
    return varied.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining("_"))
        .replaceAll("[^A-Za-z0-9._=+-]", "-");
  }

  /** What the loss measures: only runs that agree in it have comparable losses. */
  public String target() {
    return (config.objective().normPixLoss() ? "normalised patches" : "pixels")
        + " of "
        + config.vit().patchSize()
        + " × "
        + config.vit().patchSize()
        + ", "
        + config.objective().loss().text();
  }
}
