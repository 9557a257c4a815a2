package ai.lacuna.finetune;

import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;

/** What a network begins with that puts a fresh head on a pretrained encoder. */
final class StartingWeights {
  private StartingWeights() {}

  /**
   * The encoder's own parameters, and fresh ones where it has none of that name.
   *
   * @param program encoder and head
   * @param encoder the encoder's weights
   * @param pretrained whether they are used; otherwise all are fresh
   * @param seed of the fresh ones
   * @return all parameters of the program
   */
  static NamedTensors of(Program program, NamedTensors encoder, boolean pretrained, long seed) {
    NamedTensors fresh = Weights.initial(program, seed);
    if (!pretrained) {
      return fresh;
    }
    NamedTensors.Builder weights = NamedTensors.builder();
    for (Parameter parameter : program.parameters()) {
      String name = parameter.name();
      weights.add(name, encoder.find(name).orElseGet(() -> fresh.require(name)));
    }
    return weights.build();
  }
}
