package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One function of a graph as the text of a TorchScript method: an assignment for each operation.
 */
final class TorchScriptLowering implements Op.Visitor<String> {
  private static final int SCALAR_TYPE_BYTE = 0;
  private static final int SCALAR_TYPE_LONG = 4;
  private static final int SCALAR_TYPE_FLOAT = 6;

  private final Graph graph;

  private TorchScriptLowering(Graph graph) {
    this.graph = graph;
  }

  static String function(Graph graph, String selfType) {
    TorchScriptLowering lowering = new TorchScriptLowering(graph);
    StringBuilder code = new StringBuilder();
    code.append("  def ").append(graph.name()).append("(self: ").append(selfType);
    for (Value input : graph.inputs()) {
      code.append(",\n    ").append(lowering.name(input)).append(": Tensor");
    }
    Iterator<Value> outputs = graph.outputs().values().iterator();
    boolean single = graph.outputs().size() == 1;
    String types =
        graph.outputs().keySet().stream().map(n -> "Tensor").collect(Collectors.joining(", "));
    code.append(") -> ").append(single ? "Tensor" : "Tuple[" + types + "]").append(":\n");
    for (Value value : graph.values()) {
      boolean literal = isScalar(value) || value.op() instanceof Op.Input;
      if (!literal) {
        String expression = value.op().accept(lowering, value.operands());
        code.append("    ").append(lowering.name(value)).append(" = ").append(expression);
        code.append('\n');
      }
    }
    String first = lowering.name(outputs.next());
    StringBuilder results = new StringBuilder(first);
    outputs.forEachRemaining(output -> results.append(", ").append(lowering.name(output)));
    code.append("    return ").append(single ? results : "(" + results + ")").append('\n');
    return code.toString();
  }

  /** A scalar constant is written where it is used: as a number where that is allowed. */
  private static boolean isScalar(Value value) {
    return value.op() instanceof Op.Constant constant && constant.shape().rank() == 0;
  }

  private String name(Value value) {
    if (value.op() instanceof Op.Input input) {
      return input.name();
    }
    if (isScalar(value)) {
      return tensor(operand(value));
    }
    return "v" + value.id();
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
    return function + "(" + name(a) + ", " + operand(b) + ")";
  }

  @Override
  public String abs(Op.Abs op, Value x) {
    return "torch.abs(" + name(x) + ")";
  }

  @Override
  public String stopGradient(Op.StopGradient op, Value x) {
    return "torch.detach(" + name(x) + ")";
  }

  @Override
  public String matmul(Op.MatMul op, Value x, Value matrix) {
    return "torch.matmul(" + name(x) + ", " + name(matrix) + ")";
  }

  @Override
  public String sqrt(Op.Sqrt op, Value x) {
    return "torch.sqrt(" + name(x) + ")";
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
    return "torch.linear(" + name(x) + ", " + name(weight) + ", " + name(bias) + ")";
  }

  @Override
  public String layerNorm(Op.LayerNorm op, Value x, Value weight, Value bias) {
    String shape = "[" + x.shape().dim(-1) + "]";
    return "torch.layer_norm(%s, %s, %s, %s, %s)"
        .formatted(name(x), shape, name(weight), name(bias), op.epsilon());
  }

  @Override
  public String gelu(Op.Gelu op, Value x) {
    return "torch.gelu(" + name(x) + ")";
  }

  @Override
  public String attention(Op.Attention op, Value q, Value k, Value v) {
    return "torch.scaled_dot_product_attention(%s, %s, %s)".formatted(name(q), name(k), name(v));
  }

  @Override
  public String concat(Op.Concat op, List<Value> parts) {
    String list = parts.stream().map(this::name).collect(Collectors.joining(", "));
    return "torch.cat([" + list + "], " + op.axis() + ")";
  }

  @Override
  public String slice(Op.Slice op, Value x) {
    return "torch.slice(%s, %d, %d, %d)".formatted(name(x), op.axis(), op.start(), op.end());
  }

  @Override
  public String gatherRows(Op.GatherRows op, Value x, Value ids) {
    return "torch.gather(%s, 1, torch.expand(torch.unsqueeze(%s, -1), [-1, -1, %d]))"
        .formatted(name(x), name(ids), x.shape().dim(2));
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
    return function + "(" + name(x) + ", " + op.axes() + ", " + keep + ")";
  }

  @Override
  public String softmax(Op.Softmax op, Value x) {
    return "torch.softmax(" + name(x) + ", -1)";
  }
}
