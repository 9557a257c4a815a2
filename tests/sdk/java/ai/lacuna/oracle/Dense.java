package ai.lacuna.oracle;

import java.util.Arrays;

/** A dense row-major array in double precision. */
public final class Dense {
  private final double[] values;
  private final int[] shape;

  private Dense(double[] values, int[] shape) {
    if (values.length != numel(shape)) {
      throw new IllegalArgumentException(
          "dense: expected " + Arrays.toString(shape) + ", found " + values.length + " values");
    }
    this.values = values;
    this.shape = shape;
  }

  /** An array over the values themselves. */
  public static Dense of(double[] values, int... shape) {
    return new Dense(values, shape.clone());
  }

  /** An array of float32 values. */
  public static Dense of(float[] values, int... shape) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return new Dense(wide, shape.clone());
  }

  /** Zeros. */
  public static Dense zeros(int... shape) {
    return new Dense(new double[numel(shape)], shape.clone());
  }

  /** A value for each index. */
  public static Dense filled(Element element, int... shape) {
    Dense dense = zeros(shape);
    for (int i = 0; i < dense.values.length; i++) {
      dense.values[i] = element.at(dense.index(i));
    }
    return dense;
  }

  /** Makes an element from its index. */
  @FunctionalInterface
  public interface Element {
    /** The element at an index, outermost axis first. */
    double at(int[] index);
  }

  /** The values themselves. */
  public double[] values() {
    return values;
  }

  /** The dimensions. */
  public int[] shape() {
    return shape.clone();
  }

  /** Number of axes. */
  public int rank() {
    return shape.length;
  }

  /** One dimension, from 0 or from −1 backwards. */
  public int dim(int axis) {
    return shape[axis < 0 ? axis + shape.length : axis];
  }

  /** One element. */
  public double get(int... index) {
    return values[flat(index)];
  }

  /** Adds to one element. */
  void add(double value, int... index) {
    values[flat(index)] += value;
  }

  /** The values rounded to float32. */
  public float[] toFloats() {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** The same values in another shape. */
  public Dense reshaped(int... newShape) {
    return new Dense(values, newShape.clone());
  }

  private int flat(int[] index) {
    int flat = 0;
    for (int axis = 0; axis < shape.length; axis++) {
      flat = flat * shape[axis] + index[axis];
    }
    return flat;
  }

  private int[] index(int flat) {
    int[] index = new int[shape.length];
    int rest = flat;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return index;
  }

  private static int numel(int[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  @Override
  public String toString() {
    return "dense " + Arrays.toString(shape);
  }
}
