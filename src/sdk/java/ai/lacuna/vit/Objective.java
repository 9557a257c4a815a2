package ai.lacuna.vit;

/**
 * What a masked autoencoder is trained to predict, and how an error counts.
 *
 * @param normPixLoss whether each target patch is normalised by its own mean and variance (arXiv
 *     2111.06377, section 4, "Reconstruction target")
 */
public record Objective(boolean normPixLoss) {
  /** The paper's default: mean squared error of normalised patches. */
  public static Objective paper() {
    return new Objective(true);
  }
}
