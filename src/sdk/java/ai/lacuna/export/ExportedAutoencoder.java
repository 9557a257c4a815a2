package ai.lacuna.export;

import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;

/**
 * The whole masked autoencoder.
 *
 * @param network encoder and decoder, for one number of visible patches
 * @param weights all parameters of both
 */
record ExportedAutoencoder(MaskedAutoencoder network, NamedTensors weights) {

  void requireFits(VitConfig config) {
    if (!config.equals(network.encoder().config())) {
      throw new ExportException(
          "autoencoder: expected the architecture " + config + ", found another one");
    }
  }
}
