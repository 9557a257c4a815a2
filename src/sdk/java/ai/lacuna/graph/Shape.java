package ai.lacuna.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The dimensions of a value. Only the batch is dynamic; it is the first dimension and written −1.
 *
 * @param dims the dimensions, outermost first
 */
public record Shape(List<Long> dims) {
  /** The dynamic batch dimension. */
  public static final long BATCH = -1;

  /**
   * @throws IllegalArgumentException if a dimension is negative, other than a leading −1
   */
  public Shape {
    dims = List.copyOf(dims);
    for (int i = 0; i < dims.size(); i++) {
      long dim = dims.get(i);
      if (dim < 0 && !(i == 0 && dim == BATCH)) {
        throw new IllegalArgumentException(
            "shape: expected dimensions of at least 0 (or a leading -1, the batch), found " + dims);
      }
    }
  }

  /** A shape of the given dimensions, outermost first; a leading −1 is the batch. */
  public static Shape of(long... dims) {
    return new Shape(Arrays.stream(dims).boxed().toList());
  }

  /** A shape whose first dimension is the batch. */
  public static Shape batch(long... rest) {
    List<Long> dims = new ArrayList<>();
    dims.add(BATCH);
    Arrays.stream(rest).forEach(dims::add);
    return new Shape(dims);
  }

  /** Number of dimensions. */
  public int rank() {
    return dims.size();
  }

  /**
   * One dimension.
   *
   * @param axis from 0, or from −1 backwards
   */
  public long dim(int axis) {
    return dims.get(axis(axis));
  }

  /** The axis as a number from 0, given from 0 or from −1 backwards. */
  public int axis(int axis) {
    int index = axis < 0 ? axis + rank() : axis;
    if (index < 0 || index >= rank()) {
      throw new IllegalArgumentException("axis " + axis + " is outside of shape " + this);
    }
    return index;
  }

  /** True when the first dimension is the batch. */
  public boolean isBatched() {
    return rank() > 0 && dims.get(0) == BATCH;
  }

  /** Elements of one sample: the product of all dimensions but a leading batch. */
  public long numel() {
    long product = 1;
    for (long dim : dims) {
      if (dim != BATCH) {
        product = Math.multiplyExact(product, dim);
      }
    }
    return product;
  }

  /** The same shape with one dimension replaced. */
  public Shape with(int axis, long dim) {
    List<Long> changed = new ArrayList<>(dims);
    changed.set(axis(axis), dim);
    return new Shape(changed);
  }

  @Override
  public String toString() {
    return dims.stream()
        .map(d -> d == BATCH ? "batch" : Long.toString(d))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
