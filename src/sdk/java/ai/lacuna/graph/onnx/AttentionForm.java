package ai.lacuna.graph.onnx;

/** How attention is written in a model; all forms give the same values. */
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
