package ai.lacuna.zoo;

import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.weights.NamedTensors;

/**
 * An entry's encoder with the decoder that it was trained with, for drawing reconstructions.
 *
 * @param encoder the encoder
 * @param decoder the decoder's shape
 * @param normPixLoss whether the targets were normalised by each patch's own mean and variance; the
 *     predictions then are, too
 * @param weights all parameters of encoder and decoder
 */
public record ZooAutoencoder(
    VisionTransformer encoder, DecoderConfig decoder, boolean normPixLoss, NamedTensors weights) {

  /**
   * The network for a number of visible patches.
   *
   * @param keep visible patches of an image, at least 1 and less than all
   * @return the network, whose parameters {@link #weights} hold
   */
  public MaskedAutoencoder network(int keep) {
    return new MaskedAutoencoder(encoder, decoder, keep, new Objective(normPixLoss));
  }
}
