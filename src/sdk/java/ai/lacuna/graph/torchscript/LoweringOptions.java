package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Precision;

/**
 * How a graph becomes TorchScript; what it computes is the same up to rounding.
 *
 * <p>In 16 bits: {@code linear} and attention, and what moves or maps their results (reshape,
 * transpose, slice, gather, embedding, GELU). In float32: parameters, and so each weight is cast
 * once in a call; layer norm; sums, and so the residual stream; reductions, and so the loss.
 * Softmax takes and gives 16 bits, its maximum and sum are float32. Results of a function are
 * float32.
 *
 * @param precision the type of matrix products
 * @param target whose kernels it calls
 * @param checkpointed whether functions whose first result is a trainable scalar also get a method
 *     {@code NAME_checkpointed}, which also runs the backward pass and keeps few activations
 */
public record LoweringOptions(Precision precision, TorchTarget target, boolean checkpointed) {
  /** Float32, as for exports. */
  public static LoweringOptions plain() {
    return new LoweringOptions(Precision.FLOAT32, TorchTarget.PORTABLE, false);
  }
}
