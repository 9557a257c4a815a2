package ai.lacuna.loss;

/** A way to count the errors of predicted patches. */
public sealed interface ReconstructionLoss permits PatchLoss, Perceptual {
  /** The loss as {@link LossSum#parse} reads it: {@code charbonnier:0.01}. */
  String text();
}
