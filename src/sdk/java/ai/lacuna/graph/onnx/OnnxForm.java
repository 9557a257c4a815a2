package ai.lacuna.graph.onnx;

import java.util.Optional;

/**
 * How a graph is written as a model.
 *
 * @param attention how attention is written
 * @param numbers how weights are held and multiplied
 * @param anySize if the input {@code images} may have any size, what brings it to the graph's
 */
public record OnnxForm(AttentionForm attention, Numbers numbers, Optional<AnySizeInput> anySize) {
  /** Float32 with attention from operators that every runtime has. */
  public static OnnxForm portable() {
    return of(AttentionForm.PRIMITIVE);
  }

  /** Float32 with the given attention. */
  public static OnnxForm of(AttentionForm attention) {
    return new OnnxForm(attention, Numbers.float32(), Optional.empty());
  }

  /** The same with other numbers. */
  public OnnxForm with(Numbers other) {
    return new OnnxForm(attention, other, anySize);
  }

  /** The same with an input {@code images} of any size. */
  public OnnxForm with(AnySizeInput images) {
    return new OnnxForm(attention, numbers, Optional.of(images));
  }
}
