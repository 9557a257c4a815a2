package ai.lacuna.train;

import ai.lacuna.graph.Precision;

/**
 * Types, memory and guards of a training run's arithmetic.
 *
 * @param precision the type of matrix products; weights, optimizer and loss are float32 in each
 * @param accumulation parts that a step's batch is computed in, at least 1; the step is the same up
 *     to rounding, and needs the memory of a part
 * @param clipNorm greatest Euclidean norm of all gradients together, to which larger ones are
 *     scaled; 0 for no limit
 * @param checkpointActivations whether the backward pass computes activations again, half a block
 *     at a time, in place of keeping them (arXiv 1604.06174)
 * @param onNonFinite what follows a loss or gradient that is infinite or not a number
 */
public record Numerics(
    Precision precision,
    int accumulation,
    double clipNorm,
    boolean checkpointActivations,
    OnNonFinite onNonFinite) {

  /** What follows a loss or a gradient that is not finite. */
  public enum OnNonFinite {
    /** The run ends with an error; its last checkpoint stays. */
    FAIL,
    /**
     * The run goes back to its last checkpoint, halves the learning rate and leaves out the batch;
     * at most three times.
     */
    ROLLBACK
  }

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public Numerics {
    if (accumulation < 1 || !(clipNorm >= 0) || Double.isInfinite(clipNorm)) {
      throw new IllegalArgumentException(
          "numerics: expected accumulation of at least 1 and a finite clipNorm of at least 0, found "
              + accumulation
              + " and "
              + clipNorm);
    }
  }

  /** Float32, whole batches, no clipping; ends at a loss that is not finite. */
  public static Numerics plain() {
    return new Numerics(Precision.FLOAT32, 1, 0, false, OnNonFinite.FAIL);
  }

  /** The same with another precision. */
  public Numerics withPrecision(Precision other) {
    return new Numerics(other, accumulation, clipNorm, checkpointActivations, onNonFinite);
  }

  /** The same with another number of parts. */
  public Numerics withAccumulation(int parts) {
    return new Numerics(precision, parts, clipNorm, checkpointActivations, onNonFinite);
  }

  /** The same with another limit of the gradients' norm. */
  public Numerics withClipNorm(double most) {
    return new Numerics(precision, accumulation, most, checkpointActivations, onNonFinite);
  }

  /** The same with activations kept or not. */
  public Numerics withCheckpointActivations(boolean checkpointed) {
    return new Numerics(precision, accumulation, clipNorm, checkpointed, onNonFinite);
  }

  /** The same with another answer to what is not finite. */
  public Numerics withOnNonFinite(OnNonFinite answer) {
    return new Numerics(precision, accumulation, clipNorm, checkpointActivations, answer);
  }

  /**
   * Whether gradients are scaled, and steps skipped where they overflow: float16 alone needs it.
   */
  public boolean scalesLoss() {
    return precision == Precision.FLOAT16;
  }
}
