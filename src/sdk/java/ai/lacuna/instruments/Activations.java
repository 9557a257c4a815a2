package ai.lacuna.instruments;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;

/** Memory of what a forward pass leaves for the backward pass: an estimate from the graph. */
public final class Activations {
  private Activations() {}

  /**
   * Returns the bytes of the float32 results that a function makes for an image; views of others,
   * such as reshapes, count for nothing. What libtorch needs on top, and gives back, is not known.
   *
   * @param function the function that is trained
   * @return bytes of one image
   */
  public static long bytesOfImage(Graph function) {
    long elements = 0;
    for (Value value : function.values()) {
      Op op = value.op();
      boolean view =
          op instanceof Op.Reshape
              || op instanceof Op.Transpose
              || op instanceof Op.Slice
              || op instanceof Op.ExpandBatch;
      if (!view && value.shape().isBatched()) {
        elements += ofImage(value.shape());
      }
    }
    return elements * Float.BYTES;
  }

  private static long ofImage(Shape shape) {
    long elements = 1;
    for (long dim : shape.dims()) {
      elements *= dim == Shape.BATCH ? 1 : dim;
    }
    return elements;
  }
}
