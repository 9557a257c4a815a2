package ai.lacuna.graph.onnx;

/**
 * Where a model is to run, and so the operators that it is made of; all give the same values.
 *
 * <p>Measured with one and two threads of an AVX-512 CPU, on ViT-S/16 and on a micro network:
 *
 * <ul>
 *   <li>Fused attention is as fast on large batches as its parts and up to 14 % faster on single
 *       images; ONNX Runtime's own {@code MultiHeadAttention} is no faster than it.
 *   <li>ONNX Runtime 1.29 computes {@code LayerNormalization} in a scalar loop, a fifth of the
 *       micro network's time and more than a third of it in 8 bits; {@code InstanceNormalization}
 *       over rows computes the same eight times as fast. In 1.32 both are fast. ({@code
 *       SkipLayerNormalization} is fast in 1.29 and a scalar loop in 1.32.)
 *   <li>Matrices and {@code Gemm}, which adds the bias, save passes over the tokens.
 * </ul>
 *
 * Together: 1.2 to 1.3 times the images a second of the micro network, 1.1 of ViT-S/16.
 */
public enum OnnxTarget {
  /** Every runtime: operator set 20, attention as MatMul, Softmax, MatMul. */
  PORTABLE(20, 9),
  /** ONNX Runtime on a CPU: operator set 23, IR 11. */
  CPU(23, 11),
  /** ONNX Runtime on a GPU: {@code Attention} and {@code LayerNormalization} as they are. */
  GPU(23, 11);

  private final int opset;
  private final int irVersion;

  OnnxTarget(int opset, int irVersion) {
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
