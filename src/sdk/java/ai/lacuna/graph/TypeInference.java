package ai.lacuna.graph;

import java.util.ArrayList;
import java.util.List;

/** Types of results from types of operands; the one place where operations check what they get. */
final class TypeInference implements Op.Visitor<TensorType> {

  static TensorType infer(Op op, List<Value> operands) {
    return op.accept(new TypeInference(), operands);
  }

  @Override
  public TensorType input(Op.Input op) {
    return op.type();
  }

  @Override
  public TensorType param(Op.Param op) {
    return new TensorType(DType.FLOAT32, op.parameter().shape());
  }

  @Override
  public TensorType constant(Op.Constant op) {
    return new TensorType(DType.FLOAT32, op.shape());
  }

  @Override
  public TensorType cast(Op.Cast op, Value x) {
    return new TensorType(op.to(), x.shape());
  }

  @Override
  public TensorType binary(Op.Binary op, Value a, Value b) {
    requireFloat(op, a);
    requireFloat(op, b);
    return new TensorType(DType.FLOAT32, broadcast(op, a.shape(), b.shape()));
  }

  private static Shape broadcast(Op op, Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    List<Long> dims = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      long da = i < rank - a.rank() ? 1 : a.dim(i - rank + a.rank());
      long db = i < rank - b.rank() ? 1 : b.dim(i - rank + b.rank());
      require(op, da == db || da == 1 || db == 1, "shapes that broadcast", a + " and " + b);
      dims.add(da == 1 ? db : da);
    }
    return new Shape(dims);
  }

  @Override
  public TensorType abs(Op.Abs op, Value x) {
    requireFloat(op, x);
    return x.type();
  }

  @Override
  public TensorType stopGradient(Op.StopGradient op, Value x) {
    requireFloat(op, x);
    return x.type();
  }

  @Override
  public TensorType matmul(Op.MatMul op, Value x, Value matrix) {
    requireFloat(op, x);
    requireFloat(op, matrix);
    require(op, matrix.shape().rank() == 2, "matrix [in, out]", matrix.shape());
    long in = matrix.shape().dim(0);
    require(op, x.shape().rank() >= 2 && x.shape().dim(-1) == in, "x [..., " + in + "]", x.shape());
    return new TensorType(DType.FLOAT32, x.shape().with(-1, matrix.shape().dim(1)));
  }

  @Override
  public TensorType sqrt(Op.Sqrt op, Value x) {
    requireFloat(op, x);
    return x.type();
  }

  @Override
  public TensorType reshape(Op.Reshape op, Value x) {
    boolean fits =
        op.shape().isBatched() == x.shape().isBatched() && op.shape().numel() == x.shape().numel();
    require(op, fits, "as many elements as " + op.shape(), x.shape());
    return new TensorType(x.dtype(), op.shape());
  }

  @Override
  public TensorType transpose(Op.Transpose op, Value x) {
    boolean permutation =
        op.axes().size() == x.shape().rank()
            && op.axes().stream().distinct().count() == x.shape().rank();
    require(op, permutation, "a permutation of the axes", x.shape());
    List<Long> dims = op.axes().stream().map(axis -> x.shape().dim(axis)).toList();
    return new TensorType(x.dtype(), new Shape(dims));
  }

  @Override
  public TensorType linear(Op.Linear op, Value x, Value weight, Value bias) {
    requireFloat(op, x);
    require(op, weight.shape().rank() == 2, "weight [out, in]", weight.shape());
    long out = weight.shape().dim(0);
    long in = weight.shape().dim(1);
    require(op, x.shape().rank() >= 2 && x.shape().dim(-1) == in, "x [..., " + in + "]", x.shape());
    require(op, bias.shape().equals(Shape.of(out)), "bias [" + out + "]", bias.shape());
    return new TensorType(DType.FLOAT32, x.shape().with(-1, out));
  }

  @Override
  public TensorType layerNorm(Op.LayerNorm op, Value x, Value weight, Value bias) {
    requireFloat(op, x);
    Shape last = Shape.of(x.shape().dim(-1));
    require(op, weight.shape().equals(last), "weight " + last, weight.shape());
    require(op, bias.shape().equals(last), "bias " + last, bias.shape());
    return x.type();
  }

  @Override
  public TensorType gelu(Op.Gelu op, Value x) {
    requireFloat(op, x);
    return x.type();
  }

  @Override
  public TensorType attention(Op.Attention op, Value q, Value k, Value v) {
    requireFloat(op, q);
    require(op, q.shape().rank() == 4, "q [batch, heads, tokens, dim]", q.shape());
    Shape expected = q.shape().with(2, k.shape().dim(2));
    require(op, k.shape().equals(expected), "k " + expected, k.shape());
    require(op, v.shape().equals(expected), "v " + expected, v.shape());
    return q.type();
  }

  @Override
  public TensorType concat(Op.Concat op, List<Value> parts) {
    require(op, !parts.isEmpty(), "at least one part", "none");
    Value first = parts.get(0);
    long length = 0;
    for (Value part : parts) {
      long size = part.shape().dim(op.axis());
      boolean fits =
          part.dtype() == first.dtype()
              && part.shape().rank() == first.shape().rank()
              && part.shape().with(op.axis(), 0).equals(first.shape().with(op.axis(), 0));
      require(op, fits && size != Shape.BATCH, first.type() + " but for the axis", part.type());
      length += size;
    }
    return new TensorType(first.dtype(), first.shape().with(op.axis(), length));
  }

  @Override
  public TensorType slice(Op.Slice op, Value x) {
    long size = x.shape().dim(op.axis());
    boolean inside = size >= 0 && 0 <= op.start() && op.start() < op.end() && op.end() <= size;
    require(op, inside, "a non-empty part of the axis", x.shape());
    return new TensorType(x.dtype(), x.shape().with(op.axis(), op.end() - op.start()));
  }

  @Override
  public TensorType gatherRows(Op.GatherRows op, Value x, Value ids) {
    require(op, x.shape().rank() == 3, "x [batch, n, d]", x.shape());
    boolean indices =
        ids.dtype() == DType.INT64
            && ids.shape().rank() == 2
            && ids.shape().dim(0) == x.shape().dim(0);
    require(op, indices, "ids INT64 [batch, k]", ids.type());
    return new TensorType(x.dtype(), x.shape().with(1, ids.shape().dim(1)));
  }

  @Override
  public TensorType embedding(Op.Embedding op, Value table, Value ids) {
    requireFloat(op, table);
    boolean rows = table.shape().rank() == 2 && !table.shape().isBatched();
    require(op, rows, "table [n, d]", table.shape());
    boolean indices = ids.dtype() == DType.INT64 && ids.shape().rank() == 2;
    require(op, indices, "ids INT64 [batch, k]", ids.type());
    Shape shape = new Shape(List.of(ids.shape().dim(0), ids.shape().dim(1), table.shape().dim(1)));
    return new TensorType(table.dtype(), shape);
  }

  @Override
  public TensorType expandBatch(Op.ExpandBatch op, Value x, Value like) {
    require(op, x.shape().rank() > 0 && x.shape().dim(0) == 1, "x [1, ...]", x.shape());
    require(op, like.shape().isBatched(), "a batched shape to follow", like.shape());
    return new TensorType(x.dtype(), x.shape().with(0, Shape.BATCH));
  }

  @Override
  public TensorType reduce(Op.Reduce op, Value x) {
    requireFloat(op, x);
    List<Long> dims = new ArrayList<>();
    for (int axis = 0; axis < x.shape().rank(); axis++) {
      if (!op.axes().contains(axis)) {
        dims.add(x.shape().dim(axis));
      } else if (op.keepDims()) {
        dims.add(1L);
      }
    }
    return new TensorType(DType.FLOAT32, new Shape(dims));
  }

  @Override
  public TensorType conv(Op.Conv op, Value x, Value weight, Value bias) {
    requireFloat(op, x);
    Shape kernel = weight.shape();
    boolean square = kernel.rank() == 4 && kernel.dim(2) == kernel.dim(3) && kernel.dim(2) % 2 == 1;
    require(op, square, "weight [out, in, k, k] with an odd k", kernel);
    long in = kernel.dim(1);
    boolean fits = x.shape().rank() == 4 && x.shape().dim(1) == in;
    require(op, fits, "x [batch, " + in + ", h, w]", x.shape());
    long out = kernel.dim(0);
    require(op, bias.shape().equals(Shape.of(out)), "bias [" + out + "]", bias.shape());
    return new TensorType(DType.FLOAT32, x.shape().with(1, out));
  }

  @Override
  public TensorType bilinear(Op.Bilinear op, Value x) {
    requireFloat(op, x);
    require(op, x.shape().rank() == 4, "x [batch, c, h, w]", x.shape());
    return new TensorType(DType.FLOAT32, x.shape().with(2, op.height()).with(3, op.width()));
  }

  @Override
  public TensorType softmax(Op.Softmax op, Value x) {
    requireFloat(op, x);
    return x.type();
  }

  @Override
  public TensorType logSoftmax(Op.LogSoftmax op, Value x) {
    requireFloat(op, x);
    return x.type();
  }

  @Override
  public TensorType softplus(Op.Softplus op, Value x) {
    requireFloat(op, x);
    return x.type();
  }

  private static void requireFloat(Op op, Value x) {
    require(op, x.dtype() == DType.FLOAT32, "FLOAT32", x.type());
  }

  private static void require(Op op, boolean holds, Object expected, Object found) {
    if (!holds) {
      throw new GraphException(op + ": expected " + expected + ", found " + found);
    }
  }
}
