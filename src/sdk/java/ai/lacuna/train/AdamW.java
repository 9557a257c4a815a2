package ai.lacuna.train;

/**
 * The settings of AdamW (arXiv 1711.05101).
 *
 * @param beta1 decay of the mean of gradients, in [0, 1)
 * @param beta2 decay of the mean of their squares, in [0, 1)
 * @param epsilon added to the denominator
 * @param weightDecay decoupled decay of parameters with at least two dimensions; none on the others
 */
public record AdamW(double beta1, double beta2, double epsilon, double weightDecay) {
  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public AdamW {
    boolean valid = 0 <= beta1 && beta1 < 1 && 0 <= beta2 && beta2 < 1;
    if (!valid || !(epsilon > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "AdamW: expected betas in [0, 1), epsilon above 0 and weightDecay of at least 0, found "
              + beta1
              + ", "
              + beta2
              + ", "
              + epsilon
              + ", "
              + weightDecay);
    }
  }

  /** MAE's pretraining: betas 0.9 and 0.95, weight decay 0.05. */
  public static AdamW pretraining() {
    return new AdamW(0.9, 0.95, 1e-8, 0.05);
  }
}
