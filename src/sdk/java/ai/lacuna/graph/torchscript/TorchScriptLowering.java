package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Operations as TorchScript: an assignment for each, written to a {@link MethodText}.
 *
 * <p>With a low precision every value is either wide (float32, or its own integer type) or low; see
 * {@link LoweringOptions} for which is what. A value that is needed in the other type is cast once.
 *
 * <p>Integers are formatted by %s: %d writes the digits of the machine's language.
 */
final class TorchScriptLowering implements Op.Visitor<String> {
  private static final int SCALAR_TYPE_BYTE = 0;
  private static final int SCALAR_TYPE_LONG = 4;
  private static final int SCALAR_TYPE_HALF = 5;
  static final int SCALAR_TYPE_FLOAT = 6;
  private static final int SCALAR_TYPE_BFLOAT16 = 15;

  private final Graph graph;
  private final LoweringOptions options;
  private final MethodText method;
  private final String prefix;

  /** Values that exist under a name: those emitted here, and those given from outside. */
  private final Map<Value, String> names = new HashMap<>();

  private final Set<Value> low = new HashSet<>();
  private final Map<Value, String> casts = new HashMap<>();

  /** The slices that cut a value's axis into equal parts, by each of them. */
  private final Map<Value, List<Value>> splits = new HashMap<>();

  /**
   * @param prefix of the names of values
   */
  TorchScriptLowering(Graph graph, LoweringOptions options, MethodText method, String prefix) {
    this.graph = graph;
    this.options = options;
    this.method = method;
    this.prefix = prefix;
    SplitPattern.find(graph).forEach(parts -> parts.forEach(part -> splits.put(part, parts)));
  }

  /** Says that a value exists already. */
  void define(Value value, String name, boolean isLow) {
    names.put(value, name);
    if (isLow) {
      low.add(value);
    }
  }

  /** Writes assignments for values whose operands are written or given. */
  void emit(List<Value> values) {
    for (Value value : values) {
      boolean literal = isScalar(value) || value.op() instanceof Op.Input;
      if (!literal && !names.containsKey(value)) {
        List<Value> parts = splits.getOrDefault(value, List.of(value));
        if (parts.size() > 1 && values.containsAll(parts)) {
          emitSplit(parts);
        } else {
          emitOne(value);
        }
      }
    }
  }

  private void emitOne(Value value) {
    String expression = value.op().accept(this, value.operands());
    define(value, fresh(value), givesLow(value));
    method.assign(name(value), expression);
  }

  /**
   * One operation in place of slices: its gradient is one concatenation, not a sum of padded parts.
   */
  private void emitSplit(List<Value> parts) {
    Value whole = parts.get(0).operands().get(0);
    int axis = ((Op.Slice) parts.get(0).op()).axis();
    long size = parts.get(0).shape().dim(axis);
    String expression = "torch.split(%s, %s, %s)".formatted(name(whole), size, axis);
    parts.forEach(part -> define(part, fresh(part), isLow(whole)));
    method.assign(
        parts.stream().map(part -> name(part) + ", ").collect(Collectors.joining()).strip(),
        expression);
  }

  private String fresh(Value value) {
    return prefix + value.id();
  }

  boolean isWritten(Value value) {
    return names.containsKey(value);
  }

  boolean isLow(Value value) {
    return low.contains(value);
  }

  private boolean givesLow(Value value) {
    Op op = value.op();
    if (op instanceof Op.Linear || op instanceof Op.Attention || op instanceof Op.Conv) {
      return options.precision().isLow();
    }
    boolean follows =
        op instanceof Op.Gelu
            || op instanceof Op.Reshape
            || op instanceof Op.Transpose
            || op instanceof Op.Slice
            || op instanceof Op.GatherRows
            || op instanceof Op.Embedding
            || op instanceof Op.ExpandBatch;
    if (op instanceof Op.Concat) {
      return low.containsAll(value.operands());
    }
    return follows && isLow(value.operands().get(0));
  }

  /** The value in float32, or its integer type. */
  String wide(Value value) {
    return isLow(value) ? cast(value, SCALAR_TYPE_FLOAT) : name(value);
  }

  private String low(Value value) {
    boolean fits = isLow(value) || !options.precision().isLow();
    return fits ? name(value) : cast(value, lowType());
  }

  private int lowType() {
    return switch (options.precision()) {
      case FLOAT32 -> SCALAR_TYPE_FLOAT;
      case BFLOAT16 -> SCALAR_TYPE_BFLOAT16;
      case FLOAT16 -> SCALAR_TYPE_HALF;
    };
  }

  private String cast(Value value, int scalarType) {
    String known = casts.get(value);
    if (known != null) {
      return known;
    }
    String name = fresh(value) + "c";
    method.assign(name, "torch.to(" + name(value) + ", " + scalarType + ")");
    casts.put(value, name);
    return name;
  }

  /** A scalar constant is written where it is used: as a number where that is allowed. */
  private static boolean isScalar(Value value) {
    return value.op() instanceof Op.Constant constant && constant.shape().rank() == 0;
  }

  static String inputName(Value value) {
    return value.op() instanceof Op.Input input ? input.name() : "";
  }

  /** The name of a value that is written. */
  String name(Value value) {
    if (value.op() instanceof Op.Input input) {
      return input.name();
    }
    if (isScalar(value)) {
      return tensor(operand(value));
    }
    String name = names.get(value);
    if (name == null) {
      throw new IllegalStateException(value + ": used before it is written");
    }
    return name;
  }

  /** A float32 constant on the device of the function's first input. */
  private String tensor(String literal) {
    String device = "ops.prim.device(" + name(graph.inputs().get(0)) + ")";
    return "torch.tensor(" + literal + ", dtype=" + SCALAR_TYPE_FLOAT + ", device=" + device + ")";
  }

  private String operand(Value value) {
    if (isScalar(value) && value.op() instanceof Op.Constant constant) {
      return Double.toString(constant.values().get(0));
    }
    return name(value);
  }

  @Override
  public String input(Op.Input op) {
    return op.name();
  }

  @Override
  public String param(Op.Param op) {
    String expression = "self";
    for (String part : op.parameter().name().split("\\.", -1)) {
      expression = ModuleTree.attribute(expression, part);
    }
    return expression;
  }

  @Override
  public String constant(Op.Constant op) {
    return "torch.reshape(" + tensor(op.values().toString()) + ", " + dims(op.shape()) + ")";
  }

  @Override
  public String cast(Op.Cast op, Value x) {
    return "torch.to(" + name(x) + ", " + scalarType(op.to()) + ")";
  }

  private static int scalarType(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> SCALAR_TYPE_FLOAT;
      case UINT8 -> SCALAR_TYPE_BYTE;
      case INT64 -> SCALAR_TYPE_LONG;
    };
  }

  @Override
  public String binary(Op.Binary op, Value a, Value b) {
    String function =
        switch (op.operator()) {
          case ADD -> "torch.add";
          case SUB -> "torch.sub";
          case MUL -> "torch.mul";
          case DIV -> "torch.div";
        };
    // Of a low and a float32 tensor libtorch makes float32, but not if that one has no dimensions.
    boolean widensA = isLow(a) && (isLow(b) || b.shape().rank() == 0);
    boolean widensB = isLow(b) && a.shape().rank() == 0;
    String left = widensA ? wide(a) : name(a);
    return function + "(" + left + ", " + (widensB ? wide(b) : operand(b)) + ")";
  }

  @Override
  public String abs(Op.Abs op, Value x) {
    return "torch.abs(" + wide(x) + ")";
  }

  @Override
  public String stopGradient(Op.StopGradient op, Value x) {
    return "torch.detach(" + wide(x) + ")";
  }

  @Override
  public String matmul(Op.MatMul op, Value x, Value matrix) {
    return "torch.matmul(" + wide(x) + ", " + wide(matrix) + ")";
  }

  @Override
  public String sqrt(Op.Sqrt op, Value x) {
    return "torch.sqrt(" + wide(x) + ")";
  }

  @Override
  public String reshape(Op.Reshape op, Value x) {
    return "torch.reshape(" + name(x) + ", " + dims(op.shape()) + ")";
  }

  private static String dims(Shape shape) {
    return shape.dims().toString();
  }

  @Override
  public String transpose(Op.Transpose op, Value x) {
    return "torch.permute(" + name(x) + ", " + op.axes() + ")";
  }

  @Override
  public String linear(Op.Linear op, Value x, Value weight, Value bias) {
    if (options.target().convolvesTokens()
        && !options.precision().isLow()
        && x.shape().rank() == 3) {
      return convolved(x, weight, name(bias));
    }
    return "torch.linear(" + low(x) + ", " + low(weight) + ", " + low(bias) + ")";
  }

  /** Tokens [B, T, in] are an image [1, in, 1, B · T], channels last in memory, as they lie. */
  private String convolved(Value x, Value weight, String bias) {
    long out = weight.shape().dim(0);
    long in = weight.shape().dim(1);
    String image =
        "torch.permute(torch.reshape(%s, [1, 1, -1, %s]), [0, 3, 1, 2])".formatted(name(x), in);
    String kernel = "torch.reshape(%s, [%s, %s, 1, 1])".formatted(name(weight), out, in);
    return "torch.reshape(torch.permute(%s, [0, 2, 3, 1]), [-1, %s, %s])"
        .formatted(convolution(image, kernel, bias, 0), x.shape().dim(1), out);
  }

  @Override
  public String layerNorm(Op.LayerNorm op, Value x, Value weight, Value bias) {
    String shape = "[" + x.shape().dim(-1) + "]";
    return "torch.layer_norm(%s, %s, %s, %s, %s)"
        .formatted(wide(x), shape, wide(weight), wide(bias), op.epsilon());
  }

  @Override
  public String gelu(Op.Gelu op, Value x) {
    return "torch.gelu(" + name(x) + ")";
  }

  @Override
  public String attention(Op.Attention op, Value q, Value k, Value v) {
    if (options.target().fusesLowAttention() || !options.precision().isLow()) {
      return "torch.scaled_dot_product_attention(%s, %s, %s)".formatted(low(q), low(k), low(v));
    }
    double scale = 1 / Math.sqrt((double) q.shape().dim(-1));
    String scores =
        "torch.matmul(torch.mul(%s, %s), torch.transpose(%s, -2, -1))"
            .formatted(low(q), scale, low(k));
    return "torch.matmul(torch.softmax(%s, -1), %s)".formatted(scores, low(v));
  }

  @Override
  public String concat(Op.Concat op, List<Value> parts) {
    boolean allLow = low.containsAll(parts);
    String list =
        parts.stream().map(p -> allLow ? name(p) : wide(p)).collect(Collectors.joining(", "));
    return "torch.cat([" + list + "], " + op.axis() + ")";
  }

  @Override
  public String slice(Op.Slice op, Value x) {
    return "torch.slice(%s, %s, %s, %s)".formatted(name(x), op.axis(), op.start(), op.end());
  }

  @Override
  public String gatherRows(Op.GatherRows op, Value x, Value ids) {
    return "torch.gather(%s, 1, torch.expand(torch.unsqueeze(%s, -1), [-1, -1, %s]))"
        .formatted(name(x), name(ids), x.shape().dim(2));
  }

  /** In float32, because libtorch adds up a table's gradient in the table's type. */
  @Override
  public String embedding(Op.Embedding op, Value table, Value ids) {
    String rows = "torch.embedding(" + wide(table) + ", " + name(ids) + ")";
    return isLow(table) ? "torch.to(" + rows + ", " + lowType() + ")" : rows;
  }

  @Override
  public String expandBatch(Op.ExpandBatch op, Value x, Value like) {
    String rest = ", -1".repeat(x.shape().rank() - 1);
    return "torch.expand(%s, [torch.size(%s, 0)%s])".formatted(name(x), name(like), rest);
  }

  @Override
  public String reduce(Op.Reduce op, Value x) {
    String function =
        switch (op.reduction()) {
          case MEAN -> "torch.mean";
          case SUM -> "torch.sum";
          case MAX -> "torch.amax";
        };
    String keep = op.keepDims() ? "True" : "False";
    return function + "(" + wide(x) + ", " + op.axes() + ", " + keep + ")";
  }

  @Override
  public String conv(Op.Conv op, Value x, Value weight, Value bias) {
    long padding = weight.shape().dim(2) / 2;
    return convolution(low(x), low(weight), low(bias), padding);
  }

  private static String convolution(String image, String kernel, String bias, long padding) {
    return "torch.conv2d(%s, %s, %s, [1, 1], [%s, %s], [1, 1], 1)"
        .formatted(image, kernel, bias, padding, padding);
  }

  @Override
  public String bilinear(Op.Bilinear op, Value x) {
    return "torch.upsample_bilinear2d(%s, [%s, %s], False)"
        .formatted(wide(x), op.height(), op.width());
  }

  @Override
  public String softmax(Op.Softmax op, Value x) {
    return "torch.softmax(" + wide(x) + ", -1)";
  }

  @Override
  public String logSoftmax(Op.LogSoftmax op, Value x) {
    return "torch.log_softmax(" + wide(x) + ", -1)";
  }

  @Override
  public String softplus(Op.Softplus op, Value x) {
    return "torch.softplus(" + wide(x) + ")";
  }
}
