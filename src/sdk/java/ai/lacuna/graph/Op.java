package ai.lacuna.graph;

import java.util.List;

/**
 * One operation of a network. The set is small and closed: a new operation does not compile until
 * every {@link Visitor}, and so every lowering, handles it.
 */
public sealed interface Op {
  /**
   * Calls the visitor's method for this operation.
   *
   * @param visitor what to do
   * @param operands what the operation reads
   * @param <R> the visitor's result
   * @return the visitor's result
   */
  <R> R accept(Visitor<R> visitor, List<Value> operands);

  /** An input of the graph. */
  record Input(String name, TensorType type) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.input(this);
    }
  }

  /** A named parameter of the network. */
  record Param(Parameter parameter) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.param(this);
    }
  }

  /** A small float32 constant, such as a channel's mean; {@code values} in row-major order. */
  record Constant(List<Double> values, Shape shape) implements Op {
    /**
     * @throws IllegalArgumentException if the values do not fill the shape
     */
    public Constant {
      values = List.copyOf(values);
      if (shape.isBatched() || shape.numel() != values.size()) {
        throw new IllegalArgumentException(
            "constant: expected " + shape + " values, found " + values.size());
      }
    }

    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.constant(this);
    }
  }

  /** Conversion of the element type. */
  record Cast(DType to) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.cast(this, operands.get(0));
    }
  }

  /** Element-wise arithmetic of two float32 tensors, with broadcasting. */
  record Binary(Operator operator) implements Op {
    /** The arithmetic. */
    public enum Operator {
      /** a + b. */
      ADD,
      /** a − b. */
      SUB,
      /** a · b. */
      MUL,
      /** a / b. */
      DIV
    }

    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.binary(this, operands.get(0), operands.get(1));
    }
  }

  /** Element-wise absolute value; its gradient at 0 is 0. */
  record Abs() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.abs(this, operands.get(0));
    }
  }

  /** The same values, through which no gradient flows. */
  record StopGradient() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.stopGradient(this, operands.get(0));
    }
  }

  /** x·M for x [..., in], M [in, out]; in float32 at every precision, unlike a linear layer. */
  record MatMul() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.matmul(this, operands.get(0), operands.get(1));
    }
  }

  /** Element-wise square root. */
  record Sqrt() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.sqrt(this, operands.get(0));
    }
  }

  /** Row-major reshape; a leading −1 is the batch. */
  record Reshape(Shape shape) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.reshape(this, operands.get(0));
    }
  }

  /** Reordering of the axes: axis i of the result is axis {@code axes[i]} of the operand. */
  record Transpose(List<Integer> axes) implements Op {
    /** Copies the axes. */
    public Transpose {
      axes = List.copyOf(axes);
    }

    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.transpose(this, operands.get(0));
    }
  }

  /** x·Wᵀ + b for x [..., in], W [out, in], b [out]. */
  record Linear() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.linear(this, operands.get(0), operands.get(1), operands.get(2));
    }
  }

  /** Normalisation over the last axis with weight and bias (arXiv 1607.06450). */
  record LayerNorm(double epsilon) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.layerNorm(this, operands.get(0), operands.get(1), operands.get(2));
    }
  }

  /** Exact GELU, x·Φ(x), by the error function and not by tanh (arXiv 1606.08415). */
  record Gelu() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.gelu(this, operands.get(0));
    }
  }

  /** softmax(q·kᵀ/√d)·v for q [batch, heads, tq, d] and k, v [batch, heads, tk, d]. */
  record Attention() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.attention(this, operands.get(0), operands.get(1), operands.get(2));
    }
  }

  /** Concatenation along an axis, from 0. */
  record Concat(int axis) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.concat(this, operands);
    }
  }

  /** The part [start, end) of an axis, from 0. */
  record Slice(int axis, long start, long end) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.slice(this, operands.get(0));
    }
  }

  /** Rows by index: x [batch, n, d] and ids int64 [batch, k] give [batch, k, d]. */
  record GatherRows() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.gatherRows(this, operands.get(0), operands.get(1));
    }
  }

  /** Rows of one table by index: table [n, d] and ids int64 [batch, k] give [batch, k, d]. */
  record Embedding() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.embedding(this, operands.get(0), operands.get(1));
    }
  }

  /** x [1, ...] repeated to the batch of {@code like} [batch, ...]. */
  record ExpandBatch() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.expandBatch(this, operands.get(0), operands.get(1));
    }
  }

  /** Mean, sum or largest over axes, from 0, ascending. */
  record Reduce(Reduction reduction, List<Integer> axes, boolean keepDims) implements Op {
    /** The reduction. */
    public enum Reduction {
      /** Arithmetic mean. */
      MEAN,
      /** Sum. */
      SUM,
      /** The largest; not over the batch. */
      MAX
    }

    /** Copies the axes. */
    public Reduce {
      axes = List.copyOf(axes);
    }

    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.reduce(this, operands.get(0));
    }
  }

  /**
   * Convolution with stride 1 that keeps the size, over zeros at the borders: x [batch, in, h, w],
   * weight [out, in, k, k] with an odd k, bias [out] give [batch, out, h, w]. The kernel is not
   * mirrored, as in PyTorch.
   */
  record Conv() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.conv(this, operands.get(0), operands.get(1), operands.get(2));
    }
  }

  /**
   * Bilinear interpolation of x [batch, c, h, w] to [batch, c, height, width]: the centre of result
   * row i lies at (i + 1/2) · h / height − 1/2, and rows beyond the border are those at it
   * (PyTorch's {@code align_corners=False}, without antialiasing).
   */
  record Bilinear(long height, long width) implements Op {
    /**
     * @throws IllegalArgumentException if the size is not positive
     */
    public Bilinear {
      if (height < 1 || width < 1) {
        throw new IllegalArgumentException(
            "bilinear: expected a size of at least 1 x 1, found " + height + " x " + width);
      }
    }

    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.bilinear(this, operands.get(0));
    }
  }

  /** Softmax over the last axis. */
  record Softmax() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.softmax(this, operands.get(0));
    }
  }

  /** Logarithm of the softmax over the last axis, without overflow. */
  record LogSoftmax() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.logSoftmax(this, operands.get(0));
    }
  }

  /** log(1 + exp(x)), element-wise, without overflow. */
  record Softplus() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, List<Value> operands) {
      return visitor.softplus(this, operands.get(0));
    }
  }

  /**
   * A case for each operation.
   *
   * @param <R> the result of a case
   */
  interface Visitor<R> {
    /** An input. */
    R input(Input op);

    /** A parameter. */
    R param(Param op);

    /** A constant. */
    R constant(Constant op);

    /** A cast. */
    R cast(Cast op, Value x);

    /** Element-wise arithmetic. */
    R binary(Binary op, Value a, Value b);

    /** Absolute value. */
    R abs(Abs op, Value x);

    /** The same values without a gradient. */
    R stopGradient(StopGradient op, Value x);

    /** Product with a matrix. */
    R matmul(MatMul op, Value x, Value matrix);

    /** Square root. */
    R sqrt(Sqrt op, Value x);

    /** Reshape. */
    R reshape(Reshape op, Value x);

    /** Reordering of axes. */
    R transpose(Transpose op, Value x);

    /** Linear layer. */
    R linear(Linear op, Value x, Value weight, Value bias);

    /** Layer normalisation. */
    R layerNorm(LayerNorm op, Value x, Value weight, Value bias);

    /** GELU. */
    R gelu(Gelu op, Value x);

    /** Scaled dot-product attention. */
    R attention(Attention op, Value q, Value k, Value v);

    /** Concatenation. */
    R concat(Concat op, List<Value> parts);

    /** A part of an axis. */
    R slice(Slice op, Value x);

    /** Rows by index. */
    R gatherRows(GatherRows op, Value x, Value ids);

    /** Rows of a table by index. */
    R embedding(Embedding op, Value table, Value ids);

    /** Repetition over the batch. */
    R expandBatch(ExpandBatch op, Value x, Value like);

    /** Mean, sum or largest. */
    R reduce(Reduce op, Value x);

    /** Convolution. */
    R conv(Conv op, Value x, Value weight, Value bias);

    /** Bilinear interpolation. */
    R bilinear(Bilinear op, Value x);

    /** Softmax. */
    R softmax(Softmax op, Value x);

    /** Logarithm of the softmax. */
    R logSoftmax(LogSoftmax op, Value x);

    /** log(1 + exp(x)). */
    R softplus(Softplus op, Value x);
  }
}
