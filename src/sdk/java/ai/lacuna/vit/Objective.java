package ai.lacuna.vit;

import ai.lacuna.loss.LossSum;
import ai.lacuna.loss.SquaredError;

/**
 * What a masked autoencoder is trained to predict, and how an error counts.
 *
 * @param normPixLoss whether each target patch is normalised by its own mean and variance (arXiv
 *     2111.06377, section 4, "Reconstruction target")
 * @param loss how an error counts
 */
public record Objective(boolean normPixLoss, LossSum loss) {
  /** The mean squared error, the published loss. */
  public Objective(boolean normPixLoss) {
    this(normPixLoss, LossSum.of(new SquaredError()));
  }

  /** The paper's default: mean squared error of normalised patches. */
  public static Objective paper() {
    return new Objective(true);
  }
}
