package ai.lacuna.finetune;

import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.train.ParameterGroups;
import ai.lacuna.train.ParameterGroups.Setting;
import ai.lacuna.vit.ImageClassifier;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The parameters that a phase of a plan trains, and how each of them moves. */
record Groups(FineTuneConfig config) {
  /** As in MAE and timm, besides what has one dimension. */
  private static final Set<String> NO_DECAY = Set.of("cls_token", "pos_embed");

  ParameterGroups of(int phase) {
    Program program = config.network().program();
    Layers layers = new Layers(config.vit().depth());
    Map<String, Setting> settings = new LinkedHashMap<>();
    for (Parameter parameter : program.parameters()) {
      String name = parameter.name();
      int layer = layers.of(name);
      double factor = config.recipe().rates().factor(name, layer, layers.top());
      boolean trained = config.recipe().plan().trains(phase, layer, layers.depth()) && factor > 0;
      if (parameter.trainable() && trained) {
        settings.put(name, new Setting(factor, decay(parameter)));
      }
    }
    if (settings.isEmpty()) {
      throw new IllegalArgumentException(
          "rates %s: expected a factor above 0 for some parameter of phase %s, found none"
              .formatted(
                  config.recipe().rates().text(),
                  config.recipe().plan().phases().get(phase).text()));
    }
    return new ParameterGroups(settings);
  }

  private double decay(Parameter parameter) {
    if (parameter.isOneDimensional() || NO_DECAY.contains(parameter.name())) {
      return 0;
    }
    return parameter.name().equals(ImageClassifier.WEIGHT)
        ? config.recipe().headWeightDecay()
        : config.recipe().adamW().weightDecay();
  }
}
