package ai.lacuna.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds a {@link Graph} operation by operation. Each call checks its operands and throws {@link
 * GraphException} with the operation, what it expects and what it found. Not thread-safe.
 */
public final class GraphBuilder {
  private final String name;
  private final List<Value> inputs = new ArrayList<>();
  private final Map<String, Value> parameters = new LinkedHashMap<>();
  private final Map<String, Value> outputs = new LinkedHashMap<>();
  private int count;

  /**
   * @param name the function's name, a Java identifier
   */
  public GraphBuilder(String name) {
    this.name = name;
  }

  private Value add(Op op, Value... operands) {
    return add(op, Arrays.asList(operands));
  }

  private Value add(Op op, List<Value> operands) {
    return new Value(count++, op, operands, TypeInference.infer(op, operands));
  }

  /** Adds an input; asking again for the same name gives the same value. */
  public Value input(String inputName, DType dtype, Shape shape) {
    TensorType type = new TensorType(dtype, shape);
    for (Value known : inputs) {
      if (known.op() instanceof Op.Input input && input.name().equals(inputName)) {
        if (!input.type().equals(type)) {
          throw new GraphException(
              "input " + inputName + ": expected " + input.type() + ", found " + type);
        }
        return known;
      }
    }
    Value value = add(new Op.Input(inputName, type));
    inputs.add(value);
    return value;
  }

  /** The value of a parameter; asking again for the same name gives the same value. */
  public Value parameter(Parameter parameter) {
    Value value = parameters.computeIfAbsent(parameter.name(), key -> add(new Op.Param(parameter)));
    if (!value.shape().equals(parameter.shape())) {
      throw new GraphException(
          parameter.name() + ": expected " + value.shape() + ", found " + parameter.shape());
    }
    return value;
  }

  /** A float32 constant in row-major order. */
  public Value constant(List<Double> values, Shape shape) {
    return add(new Op.Constant(values, shape));
  }

  /** A float32 scalar. */
  public Value scalar(double value) {
    return constant(List.of(value), new Shape(List.of()));
  }

  /** Converts the element type; nothing when it is that already. */
  public Value cast(Value x, DType to) {
    return x.dtype() == to ? x : add(new Op.Cast(to), x);
  }

  /** a + b. */
  public Value add(Value a, Value b) {
    return add(new Op.Binary(Op.Binary.Operator.ADD), a, b);
  }

  /** a − b. */
  public Value sub(Value a, Value b) {
    return add(new Op.Binary(Op.Binary.Operator.SUB), a, b);
  }

  /** a · b, element by element. */
  public Value mul(Value a, Value b) {
    return add(new Op.Binary(Op.Binary.Operator.MUL), a, b);
  }

  /** a / b, element by element. */
  public Value div(Value a, Value b) {
    return add(new Op.Binary(Op.Binary.Operator.DIV), a, b);
  }

  /** Absolute value. */
  public Value abs(Value x) {
    return add(new Op.Abs(), x);
  }

  /** The same values, through which no gradient flows. */
  public Value stopGradient(Value x) {
    return add(new Op.StopGradient(), x);
  }

  /** x·M for x [..., in], M [in, out], in float32 at every precision. */
  public Value matmul(Value x, Value matrix) {
    return add(new Op.MatMul(), x, matrix);
  }

  /** Square root. */
  public Value sqrt(Value x) {
    return add(new Op.Sqrt(), x);
  }

  /** Row-major reshape; a leading −1 is the batch. */
  public Value reshape(Value x, long... dims) {
    return add(new Op.Reshape(Shape.of(dims)), x);
  }

  /** Axis i of the result is axis {@code axes[i]} of x. */
  public Value transpose(Value x, Integer... axes) {
    return add(new Op.Transpose(List.of(axes)), x);
  }

  /** x·Wᵀ + b for x [..., in], W [out, in], b [out]. */
  public Value linear(Value x, Value weight, Value bias) {
    return add(new Op.Linear(), x, weight, bias);
  }

  /** Layer normalisation over the last axis. */
  public Value layerNorm(Value x, Value weight, Value bias, double epsilon) {
    return add(new Op.LayerNorm(epsilon), x, weight, bias);
  }

  /** Exact GELU. */
  public Value gelu(Value x) {
    return add(new Op.Gelu(), x);
  }

  /** Attention of q [batch, heads, tq, d] over k, v [batch, heads, tk, d], scaled by 1/√d. */
  public Value attention(Value q, Value k, Value v) {
    return add(new Op.Attention(), q, k, v);
  }

  /** Concatenation along an axis. */
  public Value concat(int axis, List<Value> parts) {
    if (parts.isEmpty()) {
      throw new GraphException("concat: expected at least one part, found none");
    }
    return add(new Op.Concat(parts.get(0).shape().axis(axis)), parts);
  }

  /** The part [start, end) of an axis. */
  public Value slice(Value x, int axis, long start, long end) {
    return add(new Op.Slice(x.shape().axis(axis), start, end), x);
  }

  /** Rows of x [batch, n, d] at ids int64 [batch, k]. */
  public Value gatherRows(Value x, Value ids) {
    return add(new Op.GatherRows(), x, ids);
  }

  /**
   * Rows of a table [n, d], one for all images, at ids int64 [batch, k]: [batch, k, d]. The table's
   * gradient is the sum over the batch.
   */
  public Value embedding(Value table, Value ids) {
    return add(new Op.Embedding(), table, ids);
  }

  /** x [1, ...] repeated to the batch of {@code like}. */
  public Value expandBatch(Value x, Value like) {
    return add(new Op.ExpandBatch(), x, like);
  }

  /** Mean over axes. */
  public Value mean(Value x, boolean keepDims, int... axes) {
    return reduce(Op.Reduce.Reduction.MEAN, x, keepDims, axes);
  }

  /** Sum over axes. */
  public Value sum(Value x, boolean keepDims, int... axes) {
    return reduce(Op.Reduce.Reduction.SUM, x, keepDims, axes);
  }

  /** The largest over axes. */
  public Value max(Value x, boolean keepDims, int... axes) {
    return reduce(Op.Reduce.Reduction.MAX, x, keepDims, axes);
  }

  private Value reduce(Op.Reduce.Reduction reduction, Value x, boolean keepDims, int... axes) {
    List<Integer> sorted = Arrays.stream(axes).map(x.shape()::axis).sorted().boxed().toList();
    return add(new Op.Reduce(reduction, sorted, keepDims), x);
  }

  /**
   * Convolution of x [batch, in, h, w] by weight [out, in, k, k], k odd, and bias [out] that keeps
   * the size, over zeros at the borders.
   */
  public Value conv(Value x, Value weight, Value bias) {
    return add(new Op.Conv(), x, weight, bias);
  }

  /** x [batch, c, h, w] interpolated to another size; nothing when it has that size already. */
  public Value bilinear(Value x, long height, long width) {
    boolean same = x.shape().rank() == 4 && x.shape().dim(2) == height && x.shape().dim(3) == width;
    return same ? x : add(new Op.Bilinear(height, width), x);
  }

  /** Softmax over the last axis. */
  public Value softmax(Value x) {
    return add(new Op.Softmax(), x);
  }

  /** Logarithm of the softmax over the last axis. */
  public Value logSoftmax(Value x) {
    return add(new Op.LogSoftmax(), x);
  }

  /** log(1 + exp(x)). */
  public Value softplus(Value x) {
    return add(new Op.Softplus(), x);
  }

  /** Names a result. Results keep the order of these calls. */
  public GraphBuilder output(String outputName, Value value) {
    if (outputs.putIfAbsent(outputName, value) != null) {
      throw new GraphException("output " + outputName + ": expected a new name");
    }
    return this;
  }

  /**
   * The graph of everything that the outputs need.
   *
   * @throws GraphException if nothing was named as an output
   */
  public Graph build() {
    if (outputs.isEmpty()) {
      throw new GraphException(name + ": expected at least one output, found none");
    }
    return new Graph(name, inputs, outputs);
  }
}
