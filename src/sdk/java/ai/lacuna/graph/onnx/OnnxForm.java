package ai.lacuna.graph.onnx;

/**
 * How a graph is written as a model.
 *
 * @param attention how attention is written
 * @param numbers how weights are held and multiplied
 */
public record OnnxForm(AttentionForm attention, Numbers numbers) {
  /** Float32 with attention from operators that every runtime has. */
  public static OnnxForm portable() {
    return of(AttentionForm.PRIMITIVE);
  }

  /** Float32 with the given attention. */
  public static OnnxForm of(AttentionForm attention) {
    return new OnnxForm(attention, Numbers.float32());
  }

  /** The same with other numbers. */
  public OnnxForm with(Numbers other) {
    return new OnnxForm(attention, other);
  }
}
