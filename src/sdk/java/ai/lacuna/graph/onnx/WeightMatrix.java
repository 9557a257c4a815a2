package ai.lacuna.graph.onnx;

import ai.lacuna.graph.Op;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The weight of a linear layer when the model is written: a parameter, or one that is only
 * reordered, such as the kernel of the patch embedding.
 *
 * @param parameter whose values they are
 * @param value the weight in the graph, [out, in]
 */
record WeightMatrix(Parameter parameter, Value value) {

  /** The weight, if it is known before any image is. */
  static Optional<WeightMatrix> of(Value weight) {
    Value root = weight;
    while (root.op() instanceof Op.Reshape || root.op() instanceof Op.Transpose) {
      root = root.operands().get(0);
    }
    return root.op() instanceof Op.Param param
        ? Optional.of(new WeightMatrix(param.parameter(), weight))
        : Optional.empty();
  }

  int outputs() {
    return Math.toIntExact(value.shape().dim(0));
  }

  int inputs() {
    return Math.toIntExact(value.shape().dim(1));
  }

  /** The values [out, in], row-major. */
  float[] values(Function<Parameter, ByteBuffer> weights) {
    return values(value, weights);
  }

  private static float[] values(Value at, Function<Parameter, ByteBuffer> weights) {
    if (at.op() instanceof Op.Param param) {
      ByteBuffer bytes = weights.apply(param.parameter()).duplicate();
      float[] values = new float[bytes.remaining() / Float.BYTES];
      bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return values;
    }
    Value operand = at.operands().get(0);
    float[] before = values(operand, weights);
    return at.op() instanceof Op.Transpose transpose
        ? transposed(before, operand.shape(), transpose.axes())
        : before;
  }

  private static float[] transposed(float[] values, Shape shape, List<Integer> axes) {
    int rank = shape.rank();
    int[] strides = new int[rank];
    int stride = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= Math.toIntExact(shape.dim(axis));
    }
    float[] result = new float[values.length];
    int[] index = new int[rank];
    for (int i = 0; i < result.length; i++) {
      int at = 0;
      for (int axis = 0; axis < rank; axis++) {
        at += index[axis] * strides[axes.get(axis)];
      }
      result[i] = values[at];
      for (int axis = rank - 1; axis >= 0; axis--) {
        if (++index[axis] < shape.dim(axes.get(axis))) {
          break;
        }
        index[axis] = 0;
      }
    }
    return result;
  }
}
