package ai.lacuna.graph.onnx;

import static ai.lacuna.graph.onnx.OnnxNodes.attribute;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Value;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The ONNX form of each operation: a case gives the name of the tensor that holds its result. */
final class OpLowering implements Op.Visitor<String> {
  private final OnnxNodes nodes;
  private final AttentionForm attention;
  private final Map<Value, String> names = new HashMap<>();

  OpLowering(OnnxNodes nodes, AttentionForm attention) {
    this.nodes = nodes;
    this.attention = attention;
  }

  /** Lowers a value whose operands are lowered. */
  void lower(Value value) {
    names.put(value, value.op().accept(this, value.operands()));
  }

  /** The tensor of a lowered value. */
  String name(Value value) {
    String name = names.get(value);
    if (name == null) {
      throw new IllegalStateException(value + " is used before it is made");
    }
    return name;
  }

  @Override
  public String input(Op.Input op) {
    return op.name();
  }

  @Override
  public String param(Op.Param op) {
    return op.parameter().name();
  }

  @Override
  public String constant(Op.Constant op) {
    return nodes.floats(op.values(), op.shape().dims());
  }

  @Override
  public String cast(Op.Cast op, Value x) {
    return nodes.node("Cast", List.of(name(x)), attribute("to", dataType(op.to()).getNumber()));
  }

  /** ONNX's element type. */
  static TensorProto.DataType dataType(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> TensorProto.DataType.FLOAT;
      case UINT8 -> TensorProto.DataType.UINT8;
      case INT64 -> TensorProto.DataType.INT64;
    };
  }

  @Override
  public String binary(Op.Binary op, Value a, Value b) {
    String type =
        switch (op.operator()) {
          case ADD -> "Add";
          case SUB -> "Sub";
          case MUL -> "Mul";
          case DIV -> "Div";
        };
    return nodes.node(type, List.of(name(a), name(b)));
  }

  @Override
  public String abs(Op.Abs op, Value x) {
    return nodes.node("Abs", List.of(name(x)));
  }

  /** ONNX Runtime computes no gradients: there is nothing to stop. */
  @Override
  public String stopGradient(Op.StopGradient op, Value x) {
    return nodes.node("Identity", List.of(name(x)));
  }

  @Override
  public String matmul(Op.MatMul op, Value x, Value matrix) {
    return nodes.node("MatMul", List.of(name(x), name(matrix)));
  }

  @Override
  public String sqrt(Op.Sqrt op, Value x) {
    return nodes.node("Sqrt", List.of(name(x)));
  }

  /** The batch is the one dimension that ONNX infers: -1 means the same in both. */
  @Override
  public String reshape(Op.Reshape op, Value x) {
    return nodes.node("Reshape", List.of(name(x), nodes.longs(op.shape().dims())));
  }

  @Override
  public String transpose(Op.Transpose op, Value x) {
    return nodes.node("Transpose", List.of(name(x)), attribute("perm", op.axes()));
  }

  /** The weight keeps its public shape [out, in]; runtimes fold its transposition when loading. */
  @Override
  public String linear(Op.Linear op, Value x, Value weight, Value bias) {
    if (x.shape().rank() == 2) {
      return nodes.node("Gemm", List.of(name(x), name(weight), name(bias)), attribute("transB", 1));
    }
    String transposed =
        nodes.node("Transpose", List.of(name(weight)), attribute("perm", List.of(1, 0)));
    String product = nodes.node("MatMul", List.of(name(x), transposed));
    return nodes.node("Add", List.of(product, name(bias)));
  }

  @Override
  public String layerNorm(Op.LayerNorm op, Value x, Value weight, Value bias) {
    return nodes.node(
        "LayerNormalization",
        List.of(name(x), name(weight), name(bias)),
        attribute("axis", -1),
        attribute("epsilon", op.epsilon()));
  }

  /** ONNX's default is the exact form, by the error function. */
  @Override
  public String gelu(Op.Gelu op, Value x) {
    return nodes.node("Gelu", List.of(name(x)));
  }

  @Override
  public String attention(Op.Attention op, Value q, Value k, Value v) {
    if (attention == AttentionForm.FUSED) {
      return nodes.node("Attention", List.of(name(q), name(k), name(v)));
    }
    double scale = 1 / Math.sqrt((double) q.shape().dim(-1));
    String scaled = nodes.node("Mul", List.of(name(q), nodes.floats(List.of(scale), List.of())));
    String keys = nodes.node("Transpose", List.of(name(k)), attribute("perm", List.of(0, 1, 3, 2)));
    String scores = nodes.node("MatMul", List.of(scaled, keys));
    String weights = nodes.node("Softmax", List.of(scores), attribute("axis", -1));
    return nodes.node("MatMul", List.of(weights, name(v)));
  }

  @Override
  public String concat(Op.Concat op, List<Value> parts) {
    List<String> inputs = parts.stream().map(this::name).toList();
    return nodes.node("Concat", inputs, attribute("axis", op.axis()));
  }

  @Override
  public String slice(Op.Slice op, Value x) {
    return nodes.node(
        "Slice",
        List.of(
            name(x),
            nodes.longs(List.of(op.start())),
            nodes.longs(List.of(op.end())),
            nodes.longs(List.of((long) op.axis()))));
  }

  @Override
  public String gatherRows(Op.GatherRows op, Value x, Value ids) {
    String index = nodes.node("Unsqueeze", List.of(name(ids), nodes.longs(List.of(2L))));
    return nodes.node("GatherND", List.of(name(x), index), attribute("batch_dims", 1));
  }

  @Override
  public String embedding(Op.Embedding op, Value table, Value ids) {
    return nodes.node("Gather", List.of(name(table), name(ids)), attribute("axis", 0));
  }

  @Override
  public String expandBatch(Op.ExpandBatch op, Value x, Value like) {
    String batch =
        nodes.node("Shape", List.of(name(like)), attribute("start", 0), attribute("end", 1));
    List<Long> ones = new ArrayList<>(Collections.nCopies(x.shape().rank() - 1, 1L));
    String shape =
        ones.isEmpty()
            ? batch
            : nodes.node("Concat", List.of(batch, nodes.longs(ones)), attribute("axis", 0));
    return nodes.node("Expand", List.of(name(x), shape));
  }

  @Override
  public String reduce(Op.Reduce op, Value x) {
    String type =
        switch (op.reduction()) {
          case MEAN -> "ReduceMean";
          case SUM -> "ReduceSum";
          case MAX -> "ReduceMax";
        };
    List<Long> axes = op.axes().stream().map(Integer::longValue).toList();
    if (axes.isEmpty()) {
      return name(x);
    }
    return nodes.node(
        type, List.of(name(x), nodes.longs(axes)), attribute("keepdims", op.keepDims() ? 1 : 0));
  }

  @Override
  public String conv(Op.Conv op, Value x, Value weight, Value bias) {
    int padding = (int) (weight.shape().dim(2) / 2);
    return nodes.node(
        "Conv",
        List.of(name(x), name(weight), name(bias)),
        attribute("pads", Collections.nCopies(4, padding)));
  }

  /**
   * All four sizes, the batch's from the tensor: with the attribute {@code axes} ONNX Runtime 1.29
   * fails where it moves a transposition past the node. ONNX's pixel centres are PyTorch's.
   */
  @Override
  public String bilinear(Op.Bilinear op, Value x) {
    String batchAndChannels =
        nodes.node("Shape", List.of(name(x)), attribute("start", 0), attribute("end", 2));
    String sizes =
        nodes.node(
            "Concat",
            List.of(batchAndChannels, nodes.longs(List.of(op.height(), op.width()))),
            attribute("axis", 0));
    return nodes.node("Resize", List.of(name(x), "", "", sizes), attribute("mode", "linear"));
  }

  @Override
  public String softmax(Op.Softmax op, Value x) {
    return nodes.node("Softmax", List.of(name(x)), attribute("axis", -1));
  }

  @Override
  public String logSoftmax(Op.LogSoftmax op, Value x) {
    return nodes.node("LogSoftmax", List.of(name(x)), attribute("axis", -1));
  }

  @Override
  public String softplus(Op.Softplus op, Value x) {
    return nodes.node("Softplus", List.of(name(x)));
  }
}
