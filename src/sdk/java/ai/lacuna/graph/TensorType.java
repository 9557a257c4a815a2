package ai.lacuna.graph;

/**
 * What a value holds.
 *
 * @param dtype element type
 * @param shape dimensions
 */
public record TensorType(DType dtype, Shape shape) {
  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
