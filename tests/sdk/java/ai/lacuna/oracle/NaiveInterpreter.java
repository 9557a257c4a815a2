package ai.lacuna.oracle;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Computes a graph in double precision, one element at a time. */
public final class NaiveInterpreter implements Op.Visitor<Dense> {
  private final Map<String, Dense> inputs;
  private final Map<String, Dense> parameters;
  private final Map<Value, Dense> computed = new HashMap<>();

  private NaiveInterpreter(Map<String, Dense> inputs, Map<String, Dense> parameters) {
    this.inputs = inputs;
    this.parameters = parameters;
  }

  /**
   * Runs a graph.
   *
   * @param graph the function
   * @param inputs its inputs by name
   * @param parameters at least the parameters that it reads, by name
   * @return its outputs by name
   */
  public static Map<String, Dense> run(
      Graph graph, Map<String, Dense> inputs, Map<String, Dense> parameters) {
    NaiveInterpreter interpreter = new NaiveInterpreter(inputs, parameters);
    for (Value value : graph.values()) {
      Dense result = value.op().accept(interpreter, value.operands());
      interpreter.check(value, result);
      interpreter.computed.put(value, result);
    }
    Map<String, Dense> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, value) -> outputs.put(name, interpreter.get(value)));
    return outputs;
  }

  /** What the graph infers must be what comes out. */
  private void check(Value value, Dense result) {
    int rank = value.shape().rank();
    boolean same = rank == result.rank();
    for (int axis = 0; same && axis < rank; axis++) {
      long dim = value.shape().dim(axis);
      same = dim < 0 || dim == result.dim(axis);
    }
    if (!same) {
      throw new AssertionError(value + ": the interpreter found " + result);
    }
  }

  private Dense get(Value value) {
    return require(computed, value);
  }

  static <K> Dense require(Map<K, Dense> map, K key) {
    Dense dense = map.get(key);
    if (dense == null) {
      throw new IllegalArgumentException(key + ": expected a value, found none");
    }
    return dense;
  }

  @Override
  public Dense input(Op.Input op) {
    return require(inputs, op.name());
  }

  @Override
  public Dense param(Op.Param op) {
    return require(parameters, op.parameter().name());
  }

  @Override
  public Dense constant(Op.Constant op) {
    double[] values = op.values().stream().mapToDouble(Double::doubleValue).toArray();
    return Dense.of(values, op.shape().dims().stream().mapToInt(Long::intValue).toArray());
  }

  @Override
  public Dense cast(Op.Cast op, Value x) {
    if (op.to() != DType.FLOAT32) {
      throw new IllegalArgumentException("cast: the oracle knows FLOAT32, found " + op.to());
    }
    return get(x);
  }

  @Override
  public Dense binary(Op.Binary op, Value left, Value right) {
    Dense a = get(left);
    Dense b = get(right);
    int rank = Math.max(a.rank(), b.rank());
    int[] shape = new int[rank];
    for (int fromEnd = 1; fromEnd <= rank; fromEnd++) {
      int dimA = fromEnd <= a.rank() ? a.dim(-fromEnd) : 1;
      int dimB = fromEnd <= b.rank() ? b.dim(-fromEnd) : 1;
      shape[rank - fromEnd] = Math.max(dimA, dimB);
    }
    return Dense.filled(
        i -> {
          double p = a.get(broadcast(i, a));
          double q = b.get(broadcast(i, b));
          return switch (op.operator()) {
            case ADD -> p + q;
            case SUB -> p - q;
            case MUL -> p * q;
            case DIV -> p / q;
          };
        },
        shape);
  }

  private static int[] broadcast(int[] index, Dense operand) {
    int skip = index.length - operand.rank();
    return IntStream.range(0, operand.rank())
        .map(axis -> operand.dim(axis) == 1 ? 0 : index[skip + axis])
        .toArray();
  }

  @Override
  public Dense abs(Op.Abs op, Value x) {
    return Dense.filled(i -> Math.abs(get(x).get(i)), get(x).shape());
  }

  @Override
  public Dense stopGradient(Op.StopGradient op, Value x) {
    return get(x);
  }

  @Override
  public Dense matmul(Op.MatMul op, Value x, Value matrix) {
    Dense in = get(x);
    Dense m = get(matrix);
    int[] shape = in.shape();
    shape[shape.length - 1] = m.dim(1);
    return Dense.filled(
        i -> {
          double sum = 0;
          for (int k = 0; k < m.dim(0); k++) {
            sum += in.get(with(i, i.length - 1, k)) * m.get(k, i[i.length - 1]);
          }
          return sum;
        },
        shape);
  }

  @Override
  public Dense sqrt(Op.Sqrt op, Value x) {
    return Dense.filled(i -> Math.sqrt(get(x).get(i)), get(x).shape());
  }

  @Override
  public Dense reshape(Op.Reshape op, Value x) {
    int[] shape = op.shape().dims().stream().mapToInt(Long::intValue).toArray();
    if (op.shape().isBatched()) {
      shape[0] = (int) (get(x).values().length / op.shape().numel());
    }
    return get(x).reshaped(shape);
  }

  @Override
  public Dense transpose(Op.Transpose op, Value x) {
    Dense in = get(x);
    int[] shape = op.axes().stream().mapToInt(in::dim).toArray();
    return Dense.filled(
        i -> {
          int[] source = new int[i.length];
          for (int axis = 0; axis < i.length; axis++) {
            source[op.axes().get(axis)] = i[axis];
          }
          return in.get(source);
        },
        shape);
  }

  @Override
  public Dense linear(Op.Linear op, Value x, Value weight, Value bias) {
    Dense in = get(x);
    Dense w = get(weight);
    int[] shape = in.shape();
    shape[shape.length - 1] = w.dim(0);
    return Dense.filled(
        i -> {
          int out = i[i.length - 1];
          double sum = get(bias).get(out);
          for (int k = 0; k < w.dim(1); k++) {
            sum += in.get(with(i, i.length - 1, k)) * w.get(out, k);
          }
          return sum;
        },
        shape);
  }

  @Override
  public Dense layerNorm(Op.LayerNorm op, Value x, Value weight, Value bias) {
    Dense in = get(x);
    int dim = in.dim(-1);
    return Dense.filled(
        i -> {
          int last = i.length - 1;
          double mean = 0;
          for (int k = 0; k < dim; k++) {
            mean += in.get(with(i, last, k)) / dim;
          }
          double variance = 0;
          for (int k = 0; k < dim; k++) {
            double d = in.get(with(i, last, k)) - mean;
            variance += d * d / dim;
          }
          double normal = (in.get(i) - mean) / Math.sqrt(variance + op.epsilon());
          return normal * get(weight).get(i[last]) + get(bias).get(i[last]);
        },
        in.shape());
  }

  @Override
  public Dense gelu(Op.Gelu op, Value x) {
    return Dense.filled(i -> ErrorFunction.gelu(get(x).get(i)), get(x).shape());
  }

  @Override
  public Dense attention(Op.Attention op, Value query, Value key, Value value) {
    Dense q = get(query);
    Dense k = get(key);
    Dense v = get(value);
    int tokens = k.dim(2);
    int dim = q.dim(3);
    Dense weights =
        softmax(
            Dense.filled(
                i -> {
                  double dot = 0;
                  for (int d = 0; d < dim; d++) {
                    dot += q.get(i[0], i[1], i[2], d) * k.get(i[0], i[1], i[3], d);
                  }
                  return dot / Math.sqrt(dim);
                },
                q.dim(0),
                q.dim(1),
                q.dim(2),
                tokens));
    return Dense.filled(
        i -> {
          double sum = 0;
          for (int t = 0; t < tokens; t++) {
            sum += weights.get(i[0], i[1], i[2], t) * v.get(i[0], i[1], t, i[3]);
          }
          return sum;
        },
        q.dim(0),
        q.dim(1),
        q.dim(2),
        v.dim(3));
  }

  @Override
  public Dense concat(Op.Concat op, List<Value> values) {
    List<Dense> parts = values.stream().map(this::get).toList();
    int[] shape = parts.get(0).shape();
    shape[op.axis()] = parts.stream().mapToInt(p -> p.dim(op.axis())).sum();
    return Dense.filled(
        i -> {
          int at = i[op.axis()];
          for (Dense part : parts) {
            if (at < part.dim(op.axis())) {
              return part.get(with(i, op.axis(), at));
            }
            at -= part.dim(op.axis());
          }
          throw new AssertionError("concat: index out of range");
        },
        shape);
  }

  @Override
  public Dense slice(Op.Slice op, Value x) {
    int[] shape = get(x).shape();
    shape[op.axis()] = (int) (op.end() - op.start());
    return Dense.filled(
        i -> get(x).get(with(i, op.axis(), i[op.axis()] + (int) op.start())), shape);
  }

  @Override
  public Dense gatherRows(Op.GatherRows op, Value x, Value ids) {
    Dense rows = get(x);
    return Dense.filled(
        i -> rows.get(i[0], (int) get(ids).get(i[0], i[1]), i[2]),
        rows.dim(0),
        get(ids).dim(1),
        rows.dim(2));
  }

  @Override
  public Dense embedding(Op.Embedding op, Value table, Value ids) {
    Dense at = get(ids);
    return Dense.filled(
        i -> get(table).get((int) at.get(i[0], i[1]), i[2]),
        at.dim(0),
        at.dim(1),
        get(table).dim(1));
  }

  @Override
  public Dense expandBatch(Op.ExpandBatch op, Value x, Value like) {
    int[] shape = get(x).shape();
    shape[0] = get(like).dim(0);
    return Dense.filled(i -> get(x).get(with(i, 0, 0)), shape);
  }

  @Override
  public Dense reduce(Op.Reduce op, Value x) {
    Dense in = get(x);
    int[] kept = in.shape();
    op.axes().forEach(axis -> kept[axis] = 1);
    Dense sums = Dense.zeros(kept);
    Dense.filled(
        i -> {
          int[] to = i.clone();
          op.axes().forEach(axis -> to[axis] = 0);
          sums.add(in.get(i), to);
          return 0;
        },
        in.shape());
    int count = op.axes().stream().mapToInt(in::dim).reduce(1, Math::multiplyExact);
    double scale = op.reduction() == Op.Reduce.Reduction.MEAN ? 1.0 / count : 1;
    Dense result =
        op.reduction() == Op.Reduce.Reduction.MAX
            ? largest(in, op.axes(), kept)
            : Dense.filled(i -> sums.get(i) * scale, kept);
    if (op.keepDims()) {
      return result;
    }
    return result.reshaped(
        IntStream.range(0, kept.length)
            .filter(axis -> !op.axes().contains(axis))
            .map(axis -> kept[axis])
            .toArray());
  }

  private static Dense largest(Dense in, List<Integer> axes, int[] kept) {
    return Dense.filled(
        k -> {
          double[] most = {Double.NEGATIVE_INFINITY};
          Dense.filled(
              i -> {
                int[] to = i.clone();
                axes.forEach(axis -> to[axis] = 0);
                if (Arrays.equals(to, k)) {
                  most[0] = Math.max(most[0], in.get(i));
                }
                return 0;
              },
              in.shape());
          return most[0];
        },
        kept);
  }

  @Override
  public Dense softmax(Op.Softmax op, Value x) {
    return softmax(get(x));
  }

  private static Dense softmax(Dense x) {
    return Dense.filled(
        i -> {
          int last = i.length - 1;
          double sum = 0;
          for (int k = 0; k < x.dim(-1); k++) {
            // Relative to this element: no overflow for the values of these tests.
            sum += Math.exp(x.get(with(i, last, k)) - x.get(i));
          }
          return 1 / sum;
        },
        x.shape());
  }

  @Override
  public Dense logSoftmax(Op.LogSoftmax op, Value x) {
    Dense shares = softmax(get(x));
    return Dense.filled(i -> Math.log(shares.get(i)), shares.shape());
  }

  @Override
  public Dense softplus(Op.Softplus op, Value x) {
    Dense in = get(x);
    return Dense.filled(i -> Math.log1p(Math.exp(in.get(i))), in.shape());
  }

  @Override
  public Dense conv(Op.Conv op, Value x, Value weight, Value bias) {
    Dense in = get(x);
    Dense kernel = get(weight);
    Dense shift = get(bias);
    int k = kernel.dim(2);
    return Dense.filled(
        i -> {
          double sum = shift.get(i[1]);
          for (int c = 0; c < in.dim(1); c++) {
            for (int row = 0; row < k; row++) {
              for (int column = 0; column < k; column++) {
                int y = i[2] + row - k / 2;
                int z = i[3] + column - k / 2;
                if (y >= 0 && y < in.dim(2) && z >= 0 && z < in.dim(3)) {
                  sum += kernel.get(i[1], c, row, column) * in.get(i[0], c, y, z);
                }
              }
            }
          }
          return sum;
        },
        in.dim(0),
        kernel.dim(0),
        in.dim(2),
        in.dim(3));
  }

  @Override
  public Dense bilinear(Op.Bilinear op, Value x) {
    Dense in = get(x);
    int height = (int) op.height();
    int width = (int) op.width();
    return Dense.filled(
        i -> {
          double y = place(i[2], in.dim(2), height);
          double z = place(i[3], in.dim(3), width);
          int top = (int) y;
          int left = (int) z;
          int bottom = Math.min(top + 1, in.dim(2) - 1);
          int right = Math.min(left + 1, in.dim(3) - 1);
          double above =
              between(in.get(i[0], i[1], top, left), in.get(i[0], i[1], top, right), z - left);
          double below =
              between(
                  in.get(i[0], i[1], bottom, left), in.get(i[0], i[1], bottom, right), z - left);
          return between(above, below, y - top);
        },
        in.dim(0),
        in.dim(1),
        height,
        width);
  }

  /** Where the centre of a result's pixel lies among those of the source, inside its border. */
  private static double place(int index, int from, int to) {
    return Math.max(0, Math.min(from - 1.0, (index + 0.5) * from / to - 0.5));
  }

  private static double between(double a, double b, double share) {
    return a + share * (b - a);
  }

  private static int[] with(int[] index, int axis, int value) {
    int[] changed = index.clone();
    changed[axis] = value;
    return changed;
  }
}
