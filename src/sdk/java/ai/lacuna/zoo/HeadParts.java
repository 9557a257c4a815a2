package ai.lacuna.zoo;

import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.foreign.EncoderTensors;
import ai.lacuna.foreign.Layout;
import ai.lacuna.graph.Parameter;
import ai.lacuna.weights.NamedTensors;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The two files that a fine-tuned network is kept in: an encoder like any other, and what its head
 * adds, so that whoever wants features need not know of heads.
 *
 * @param encoder the encoder's tensors; the norm of the mean is its final norm
 * @param head those that the encoder does not have by their own names
 */
record HeadParts(NamedTensors encoder, NamedTensors head) {

  /** Splits the weights of a network. */
  static HeadParts of(FineTuneConfig config, NamedTensors weights) {
    Set<String> encoder = Publication.shapes(config.network().encoder().program()).keySet();
    return new HeadParts(
        EncoderTensors.of(Layout.MAE, weights), weights.only(name -> !encoder.contains(name)));
  }

  /** Puts them together again. */
  NamedTensors whole(FineTuneConfig config) {
    Set<String> wanted = new LinkedHashSet<>();
    for (Parameter parameter : config.network().forward().parameters()) {
      wanted.add(parameter.name());
    }
    NamedTensors.Builder all = NamedTensors.builder();
    head.forEach(entry -> all.add(entry.name(), entry.tensor()));
    encoder
        .only(name -> wanted.contains(name) && head.find(name).isEmpty())
        .forEach(entry -> all.add(entry.name(), entry.tensor()));
    return all.build();
  }
}
