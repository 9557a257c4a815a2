package ai.lacuna.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.loss.LossSum;
import ai.lacuna.loss.Perceptual;
import ai.lacuna.train.LossTail;
import java.nio.file.Path;

/**
 * Adds a perceptual loss (arXiv 1603.08155, equation 2): the mean squared difference of each
 * feature tensor of reconstruction and original, mean over the tensors, divided by the share of
 * removed patches, so that it compares across mask ratios as far as features are local. Each image
 * by its own share, for padding has no part in it, then the mean over the batch: so the parts of a
 * batch add up to it.
 */
final class PerceptualTail implements LossTail {
  /** Below any share but that of no patch, whose images have no difference. */
  private static final float LEAST_SHARE = 1e-6f;

  private final TorchModule network;
  private final double weight;

  private PerceptualTail(TorchModule network, double weight) {
    this.network = network;
    this.weight = weight;
  }

  /** The end of a configuration's loss, with the network in the file that the loss names. */
  static LossTail.Factory of(PretrainConfig config) {
    return config
        .objective()
        .loss()
        .perceptual()
        .map(term -> of(config, FrozenNetwork.ofFile(Path.of(term.network()))))
        .orElse(device -> LossTail.none());
  }

  /** The same with a network. */
  static LossTail.Factory of(PretrainConfig config, FrozenNetwork network) {
    LossSum loss = config.objective().loss();
    double weight =
        loss.terms().stream()
            .filter(term -> term.loss() instanceof Perceptual)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "perceptual network: expected a loss with perceptual:NETWORK, found "
                            + loss.text()))
            .weight();
    return device -> new PerceptualTail(network.open(config, device), weight);
  }

  /** Of loss, reconstruction and original [batch, C, H, W], share removed [batch]. */
  @Override
  public NDArray complete(NDList results) {
    NDArray loss = results.get(0);
    NDList found = network.runRecorded("forward", results.get(1));
    NDList wanted = network.runRecorded("forward", results.get(2));
    NDArray sum = squares(found.get(0), wanted.get(0));
    for (int i = 1; i < found.size(); i++) {
      sum = sum.add(squares(found.get(i), wanted.get(i)));
    }
    NDArray each = sum.div(results.get(3).maximum(LEAST_SHARE));
    // As a double the factor would make a scalar float64.
    return loss.add(each.mean().mul((float) (weight / found.size())));
  }

  /** The mean of each image, [batch]. */
  private static NDArray squares(NDArray found, NDArray wanted) {
    NDArray difference = found.sub(wanted);
    return difference.mul(difference).reshape(found.getShape().get(0), -1).mean(new int[] {1});
  }

  @Override
  public void close() {
    network.close();
  }
}
