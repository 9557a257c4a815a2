package ai.lacuna.vit;

/**
 * The head of a fine-tuned network.
 *
 * @param pooling which tokens it reads
 * @param target what it predicts
 * @param outputs classes, labels or values, at least 1; at least 2 classes
 */
public record HeadConfig(Pooling pooling, Target target, int outputs) {

  /** Which tokens a head reads. */
  public enum Pooling {
    /** The class token after the encoder's final norm, {@code norm}. */
    CLS,
    /**
     * The mean of the patch tokens, then a norm of its own, {@code fc_norm}, in place of the final
     * one: MAE's fine-tuning (arXiv 2111.06377, appendix A.1).
     */
    MEAN
  }

  /** What a head predicts. */
  public enum Target {
    /** One class of several: softmax, cross-entropy. */
    CLASSES,
    /** Any number of labels: a sigmoid and a binary cross-entropy each. */
    LABELS,
    /** Numbers: mean squared error. */
    VALUES
  }

  /**
   * @throws IllegalArgumentException if there are too few outputs
   */
  public HeadConfig {
    int least = target == Target.CLASSES ? 2 : 1;
    if (outputs < least) {
      throw new IllegalArgumentException(
          "head: expected at least " + least + " outputs, found " + outputs);
    }
  }

  /** MAE's head: the mean of the patch tokens. */
  public static HeadConfig classes(int count) {
    return new HeadConfig(Pooling.MEAN, Target.CLASSES, count);
  }
}
