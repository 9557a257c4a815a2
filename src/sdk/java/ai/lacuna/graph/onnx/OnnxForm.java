package ai.lacuna.graph.onnx;

import java.util.Optional;

/**
 * How a graph is written as a model.
 *
 * @param target where it is to run
 * @param numbers how weights are held and multiplied
 * @param anySize if the input {@code images} may have any size, what brings it to the graph's
 */
public record OnnxForm(OnnxTarget target, Numbers numbers, Optional<AnySizeInput> anySize) {
  /** Float32 in operators that every runtime has. */
  public static OnnxForm portable() {
    return of(OnnxTarget.PORTABLE);
  }

  /** Float32 for the given target. */
  public static OnnxForm of(OnnxTarget target) {
    return new OnnxForm(target, Numbers.float32(), Optional.empty());
  }

  /** The same with other numbers. */
  public OnnxForm with(Numbers other) {
    return new OnnxForm(target, other, anySize);
  }

  /** The same with an input {@code images} of any size. */
  public OnnxForm with(AnySizeInput images) {
    return new OnnxForm(target, numbers, Optional.of(images));
  }
}
