package ai.lacuna.pretrain;

import ai.lacuna.loss.Perceptual;
import ai.lacuna.train.LossTail;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How a configuration's loss ends, and of which network: a file may get another content under the
 * same name.
 *
 * @param tail completes the graph's loss
 * @param sha256 of the perceptual network; empty text if there is none
 */
record LossEnd(LossTail.Factory tail, Supplier<String> sha256) {

  /** With the network in the file that the loss names, if it names one. */
  static LossEnd of(PretrainConfig config) {
    Optional<Perceptual> term = config.objective().loss().perceptual();
    return term.isPresent()
        ? of(config, FrozenNetwork.ofFile(Path.of(term.get().network())))
        : new LossEnd(PerceptualTail.of(config), () -> "");
  }

  /** With a network. */
  static LossEnd of(PretrainConfig config, FrozenNetwork network) {
    return new LossEnd(PerceptualTail.of(config, network), network::sha256);
  }
}
