package ai.lacuna.train;

import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Which parameters are trained, and how fast each moves. A parameter without a setting is frozen:
 * what only depends on frozen ones builds no gradient and costs no backward pass.
 *
 * @param settings by the parameter's name
 */
public record ParameterGroups(Map<String, Setting> settings) {

  /**
   * How a parameter moves.
   *
   * @param rateFactor times the learning rate of a step, at least 0
   * @param weightDecay decoupled decay, at least 0
   */
  public record Setting(double rateFactor, double weightDecay) {
    /**
     * @throws IllegalArgumentException if a value is negative or not a number
     */
    public Setting {
      if (!(rateFactor >= 0) || !(weightDecay >= 0)) {
        throw new IllegalArgumentException(
            "parameter group: expected a rate factor and a weight decay of at least 0, found "
                + rateFactor
                + " and "
                + weightDecay);
      }
    }
  }

  /** Copies the settings. */
  public ParameterGroups {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /**
   * All trainable parameters at one rate; those with at least two dimensions decay.
   *
   * @param program whose parameters
   * @param weightDecay the decay
   */
  public static ParameterGroups uniform(Program program, double weightDecay) {
    return of(program, parameter -> new Setting(1, parameter.isOneDimensional() ? 0 : weightDecay));
  }

  /**
   * All trainable parameters, each with a setting of its own.
   *
   * @param program whose parameters
   * @param setting asked once for each
   */
  public static ParameterGroups of(Program program, Function<Parameter, Setting> setting) {
    Map<String, Setting> settings = new LinkedHashMap<>();
    for (Parameter parameter : program.parameters()) {
      if (parameter.trainable()) {
        settings.put(parameter.name(), setting.apply(parameter));
      }
    }
    return new ParameterGroups(settings);
  }

  boolean trains(String name) {
    return settings.containsKey(name);
  }
}
