package ai.lacuna.graph.onnx;

/**
 * How attention is written in a model; both forms give the same values.
 *
 * <p>On ViT-S/16 and on a micro network, one thread of an AVX-512 CPU and ONNX Runtime 1.32, the
 * fused form is as fast on large batches and up to 14 % faster on single images; ONNX Runtime's own
 * {@code MultiHeadAttention} is no faster than it on a CPU.
 */
public enum AttentionForm {
  /** MatMul, Softmax, MatMul: operator set 20, run by every ONNX runtime. */
  PRIMITIVE(20, 9),
  /** The fused {@code Attention} operator of operator set 23, IR 11. */
  FUSED(23, 11);

  private final int opset;
  private final int irVersion;

  AttentionForm(int opset, int irVersion) {
    this.opset = opset;
    this.irVersion = irVersion;
  }

  /** Version of the operator set that the whole model declares. */
  public int opset() {
    return opset;
  }

  /** Version of the file format that goes with the operator set. */
  public int irVersion() {
    return irVersion;
  }
}
