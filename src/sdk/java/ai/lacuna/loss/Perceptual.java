package ai.lacuna.loss;

/**
 * {@code perceptual:NETWORK}: how far the features of a reconstruction are from those of the image,
 * in a frozen network (arXiv 1603.08155, equation 2).
 *
 * <p>The network is not part of the trained graph; whoever trains opens it, by the name here.
 *
 * @param network the file of a TorchScript network, or another name that the trainer knows
 */
public record Perceptual(String network) implements ReconstructionLoss {
  static final String WORD = "perceptual";

  /**
   * @throws IllegalArgumentException if no network is named, or its name holds a plus
   */
  public Perceptual {
    if (network.isBlank() || network.contains("+")) {
      throw new IllegalArgumentException(
          "perceptual: expected the file or name of a network without '+', found '"
              + network
              + "'; write perceptual:NETWORK");
    }
  }

  @Override
  public String text() {
    return WORD + ":" + network;
  }
}
