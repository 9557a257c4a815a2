package ai.lacuna.finetune;

import ai.lacuna.finetune.FineTuneConfig.Recipe;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.train.ParameterGroups;
import ai.lacuna.train.ParameterGroups.Setting;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The parameters that a phase of a plan trains, and how each of them moves.
 *
 * @param program an encoder with a head, whose parameters' names begin with {@code head.}
 * @param depth blocks of the encoder
 * @param recipe plan, rates and decays
 */
record LayerGroups(Program program, int depth, Recipe recipe) {
  /** As in MAE and timm, besides what has one dimension. */
  private static final Set<String> NO_DECAY = Set.of("cls_token", "pos_embed");

  private static final String HEAD = "head.";

  /**
   * @throws IllegalArgumentException if the rates name a group that the network does not have
   */
  LayerGroups {
    if (recipe.rates() instanceof RateRule.Groups groups) {
      for (String prefix : groups.factors().keySet()) {
        if (program.parameters().stream().noneMatch(p -> p.name().startsWith(prefix))) {
          throw new IllegalArgumentException(
              ("rates: expected groups of the network's parameters, found %s, with which no name"
                      + " begins; the names begin with cls_token, blocks.0. to blocks.%s., head. and"
                      + " the like")
                  .formatted(prefix, depth - 1));
        }
      }
    }
  }

  /**
   * The settings of an epoch.
   *
   * @param epoch from 0
   * @return those of the parameters that it trains
   * @throws IllegalArgumentException if the rates hold all of them still
   */
  ParameterGroups at(int epoch) {
    return of(recipe.plan().phaseOf(epoch));
  }

  /** The settings of a phase of the plan, from 0. */
  ParameterGroups of(int phase) {
    Layers layers = new Layers(depth);
    Map<String, Setting> settings = new LinkedHashMap<>();
    for (Parameter parameter : program.parameters()) {
      String name = parameter.name();
      int layer = layers.of(name);
      double factor = recipe.rates().factor(name, layer, layers.top());
      boolean trained = recipe.plan().trains(phase, layer, depth) && factor > 0;
      if (parameter.trainable() && trained) {
        settings.put(name, new Setting(factor, decay(parameter)));
      }
    }
    if (settings.isEmpty()) {
      throw new IllegalArgumentException(
          "rates %s: expected a factor above 0 for some parameter of phase %s, found none"
              .formatted(recipe.rates().text(), recipe.plan().phases().get(phase).text()));
    }
    return new ParameterGroups(settings);
  }

  private double decay(Parameter parameter) {
    if (parameter.isOneDimensional() || NO_DECAY.contains(parameter.name())) {
      return 0;
    }
    return parameter.name().startsWith(HEAD)
        ? recipe.headWeightDecay()
        : recipe.adamW().weightDecay();
  }
}
