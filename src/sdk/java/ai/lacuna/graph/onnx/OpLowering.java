package ai.lacuna.graph.onnx;

import static ai.lacuna.graph.onnx.OnnxNodes.attribute;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The ONNX form of each operation: a case gives the tensor that holds its result. What a half
 * precision model moves or maps stays in half precision; all else is float32.
 */
final class OpLowering implements Op.Visitor<OpLowering.Lowered> {
  private final OnnxNodes nodes;

  /** Whether tokens are matrices: half precision is for GPUs. */
  private final boolean byRows;

  private final TokenRows rows;
  private final AttentionLowering attention;
  private final LinearLowering linear;
  private final Parameters parameters;
  private final Numbers numbers;
  private final Optional<AnySizeInput> anySize;
  private final Map<Value, Lowered> lowered = new HashMap<>();
  private final Map<Value, String> casts = new HashMap<>();

  /**
   * A tensor.
   *
   * @param name its name in the model
   * @param half whether it is float16 where the graph has float32
   */
  record Lowered(String name, boolean half) {}

  OpLowering(OnnxNodes nodes, OnnxForm form, Parameters parameters) {
    this.nodes = nodes;
    this.attention = new AttentionLowering(nodes, form.target());
    this.byRows = form.target() == OnnxTarget.CPU && !(form.numbers() instanceof Numbers.Float16);
    this.rows = new TokenRows(nodes);
    this.parameters = parameters;
    this.numbers = form.numbers();
    this.anySize = form.anySize();
    this.linear = new LinearLowering(nodes, parameters, form.numbers());
  }

  /** Lowers a value whose operands are lowered. */
  void lower(Value value) {
    lowered.put(value, value.op().accept(this, value.operands()));
  }

  /** The tensor of a lowered value, in the graph's type. */
  String name(Value value) {
    Lowered tensor = tensor(value);
    return tensor.half() ? cast(value, TensorProto.DataType.FLOAT) : tensor.name();
  }

  /** The tensor of a lowered value, in half precision. */
  private String halfName(Value value) {
    Lowered tensor = tensor(value);
    return tensor.half() ? tensor.name() : cast(value, TensorProto.DataType.FLOAT16);
  }

  private Lowered tensor(Value value) {
    Lowered tensor = lowered.get(value);
    if (tensor == null) {
      throw new IllegalStateException(value + " is used before it is made");
    }
    return tensor;
  }

  private String cast(Value value, TensorProto.DataType type) {
    return casts.computeIfAbsent(
        value,
        v -> nodes.node("Cast", List.of(tensor(v).name()), attribute("to", type.getNumber())));
  }

  private Lowered node(String type, List<String> inputs, AttributeProto... attributes) {
    return new Lowered(nodes.node(type, inputs, attributes), false);
  }

  /** A node that moves or maps its first input and keeps its precision. */
  private Lowered same(String type, Value x, List<String> more, AttributeProto... attributes) {
    List<String> inputs = new ArrayList<>(List.of(tensor(x).name()));
    inputs.addAll(more);
    return new Lowered(nodes.node(type, inputs, attributes), tensor(x).half());
  }

  @Override
  public Lowered input(Op.Input op) {
    boolean prepared = anySize.isPresent() && op.name().equals(OnnxLowering.IMAGES);
    return new Lowered(
        prepared ? new AnySizeLowering(nodes, anySize.get()).lower(op.name()) : op.name(), false);
  }

  @Override
  public Lowered param(Op.Param op) {
    return new Lowered(parameters.float32(op.parameter()), false);
  }

  @Override
  public Lowered constant(Op.Constant op) {
    return new Lowered(nodes.floats(op.values(), op.shape().dims()), false);
  }

  @Override
  public Lowered cast(Op.Cast op, Value x) {
    return node("Cast", List.of(name(x)), attribute("to", dataType(op.to()).getNumber()));
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
  public Lowered binary(Op.Binary op, Value a, Value b) {
    String type =
        switch (op.operator()) {
          case ADD -> "Add";
          case SUB -> "Sub";
          case MUL -> "Mul";
          case DIV -> "Div";
        };
    if (byRows && areRows(a, b)) {
      String sum = nodes.node(type, List.of(matrix(a), matrix(b)));
      return ofRows(sum, a.shape());
    }
    return node(type, List.of(name(a), name(b)));
  }

  private boolean areRows(Value a, Value b) {
    return a.shape().equals(b.shape()) && rows.isOfRows(name(a)) && rows.isOfRows(name(b));
  }

  private String matrix(Value x) {
    return rows.matrix(name(x), x.shape());
  }

  private Lowered ofRows(String matrix, Shape shape) {
    return new Lowered(rows.tensor(matrix, shape), false);
  }

  @Override
  public Lowered abs(Op.Abs op, Value x) {
    return node("Abs", List.of(name(x)));
  }

  /** ONNX Runtime computes no gradients: there is nothing to stop. */
  @Override
  public Lowered stopGradient(Op.StopGradient op, Value x) {
    return node("Identity", List.of(name(x)));
  }

  @Override
  public Lowered matmul(Op.MatMul op, Value x, Value matrix) {
    return node("MatMul", List.of(name(x), name(matrix)));
  }

  @Override
  public Lowered sqrt(Op.Sqrt op, Value x) {
    return node("Sqrt", List.of(name(x)));
  }

  /** The batch is the one dimension that ONNX infers: -1 means the same in both. */
  @Override
  public Lowered reshape(Op.Reshape op, Value x) {
    Optional<String> joined = attention.joined(tensor(x).name(), x.shape(), op.shape());
    return joined.isPresent()
        ? new Lowered(joined.get(), tensor(x).half())
        : same("Reshape", x, List.of(nodes.longs(op.shape().dims())));
  }

  @Override
  public Lowered transpose(Op.Transpose op, Value x) {
    Lowered result = same("Transpose", x, List.of(), attribute("perm", op.axes()));
    attention.transposed(tensor(x).name(), op.axes(), result.name());
    return result;
  }

  /**
   * A layer on tokens may have other numbers; one on pooled features has the graph's. One with
   * fixed ranges stays as it is: of matrices ONNX Runtime would make a {@code Gemm}, which it
   * computes in 8 bits only with a bias of integers.
   */
  @Override
  public Lowered linear(Op.Linear op, Value x, Value weight, Value bias) {
    if (x.shape().rank() == 2) {
      return node("Gemm", List.of(name(x), name(weight), name(bias)), attribute("transB", 1));
    }
    Optional<WeightMatrix> matrix = WeightMatrix.of(weight);
    boolean exact = isExact(matrix);
    if (numbers instanceof Numbers.Float16 && !exact) {
      String transposed = linear.transposed(halfWeight(weight));
      return new Lowered(linear.product(halfName(x), transposed, halfWeight(bias)), true);
    }
    boolean quantized = matrix.isPresent() && linear.isQuantized() && !exact;
    if (byRows && !(quantized && numbers instanceof Numbers.StaticInt8)) {
      String result =
          quantized
              ? linear.quantized(matrix(x), matrix.get(), name(bias))
              : rows.linear(matrix(x), name(weight), name(bias));
      List<Long> dims = new ArrayList<>(x.shape().dims());
      dims.set(dims.size() - 1, weight.shape().dim(0));
      return ofRows(result, new Shape(dims));
    }
    String result =
        quantized
            ? linear.quantized(name(x), matrix.get(), name(bias))
            : linear.product(name(x), linear.transposed(name(weight)), name(bias));
    return new Lowered(result, false);
  }

  private boolean isExact(Optional<WeightMatrix> matrix) {
    return matrix.isPresent() && numbers.exact().contains(matrix.get().parameter().name());
  }

  /** A weight in half precision: in the file if it is a parameter, else converted. */
  private String halfWeight(Value weight) {
    return weight.op() instanceof Op.Param param
        ? parameters.float16(param.parameter())
        : halfName(weight);
  }

  @Override
  public Lowered layerNorm(Op.LayerNorm op, Value x, Value weight, Value bias) {
    if (byRows) {
      long dim = x.shape().dim(-1);
      return ofRows(rows.norm(matrix(x), dim, name(weight), name(bias), op.epsilon()), x.shape());
    }
    return node(
        "LayerNormalization",
        List.of(name(x), name(weight), name(bias)),
        attribute("axis", -1),
        attribute("epsilon", op.epsilon()));
  }

  /** ONNX's default is the exact form, by the error function. */
  @Override
  public Lowered gelu(Op.Gelu op, Value x) {
    if (byRows && rows.isOfRows(name(x))) {
      return ofRows(nodes.node("Gelu", List.of(matrix(x))), x.shape());
    }
    return same("Gelu", x, List.of());
  }

  @Override
  public Lowered attention(Op.Attention op, Value q, Value k, Value v) {
    // As its operands are.
    boolean half = tensor(q).half() && tensor(k).half() && tensor(v).half();
    return new Lowered(attention.lower(q, k, v, half, x -> half ? halfName(x) : name(x)), half);
  }

  @Override
  public Lowered concat(Op.Concat op, List<Value> parts) {
    List<String> inputs = parts.stream().map(this::name).toList();
    return node("Concat", inputs, attribute("axis", op.axis()));
  }

  @Override
  public Lowered slice(Op.Slice op, Value x) {
    if (byRows && isPartOfLinear(op, x)) {
      List<Value> layer = x.operands();
      long width = op.end() - op.start();
      int parts = Math.toIntExact(x.shape().dim(-1) / width);
      int index = Math.toIntExact(op.start() / width);
      String weight = rows.part(name(layer.get(1)), parts, index);
      String bias = rows.part(name(layer.get(2)), parts, index);
      List<Long> dims = new ArrayList<>(x.shape().dims());
      dims.set(dims.size() - 1, width);
      return ofRows(rows.linear(matrix(layer.get(0)), weight, bias), new Shape(dims));
    }
    return same(
        "Slice",
        x,
        List.of(
            nodes.longs(List.of(op.start())),
            nodes.longs(List.of(op.end())),
            nodes.longs(List.of((long) op.axis()))));
  }

  /**
   * Whether one of equal parts of a layer's outputs is wanted, as of queries, keys and values: then
   * it is a layer of its own, which writes where it is read. In 8 bits each would round x again.
   */
  private boolean isPartOfLinear(Op.Slice op, Value x) {
    if (!(x.op() instanceof Op.Linear) || op.axis() != x.shape().rank() - 1 || op.axis() < 2) {
      return false;
    }
    long width = op.end() - op.start();
    boolean even = x.shape().dim(-1) % width == 0 && op.start() % width == 0;
    Optional<WeightMatrix> matrix = WeightMatrix.of(x.operands().get(1));
    return even && matrix.isPresent() && (!linear.isQuantized() || isExact(matrix));
  }

  @Override
  public Lowered gatherRows(Op.GatherRows op, Value x, Value ids) {
    String index = nodes.node("Unsqueeze", List.of(name(ids), nodes.longs(List.of(2L))));
    return node("GatherND", List.of(name(x), index), attribute("batch_dims", 1));
  }

  @Override
  public Lowered embedding(Op.Embedding op, Value table, Value ids) {
    return node("Gather", List.of(name(table), name(ids)), attribute("axis", 0));
  }

  @Override
  public Lowered expandBatch(Op.ExpandBatch op, Value x, Value like) {
    String batch =
        nodes.node("Shape", List.of(name(like)), attribute("start", 0), attribute("end", 1));
    List<Long> ones = new ArrayList<>(Collections.nCopies(x.shape().rank() - 1, 1L));
    String shape =
        ones.isEmpty()
            ? batch
            : nodes.node("Concat", List.of(batch, nodes.longs(ones)), attribute("axis", 0));
    return node("Expand", List.of(name(x), shape));
  }

  @Override
  public Lowered reduce(Op.Reduce op, Value x) {
    String type =
        switch (op.reduction()) {
          case MEAN -> "ReduceMean";
          case SUM -> "ReduceSum";
          case MAX -> "ReduceMax";
        };
    List<Long> axes = op.axes().stream().map(Integer::longValue).toList();
    if (axes.isEmpty()) {
      return new Lowered(name(x), false);
    }
    return node(
        type, List.of(name(x), nodes.longs(axes)), attribute("keepdims", op.keepDims() ? 1 : 0));
  }

  @Override
  public Lowered conv(Op.Conv op, Value x, Value weight, Value bias) {
    int padding = (int) (weight.shape().dim(2) / 2);
    return node(
        "Conv",
        List.of(name(x), name(weight), name(bias)),
        attribute("pads", Collections.nCopies(4, padding)));
  }

  /**
   * All four sizes, the batch's from the tensor: with the attribute {@code axes} ONNX Runtime 1.29
   * fails where it moves a transposition past the node. ONNX's pixel centres are PyTorch's.
   */
  @Override
  public Lowered bilinear(Op.Bilinear op, Value x) {
    String batchAndChannels =
        nodes.node("Shape", List.of(name(x)), attribute("start", 0), attribute("end", 2));
    String sizes =
        nodes.node(
            "Concat",
            List.of(batchAndChannels, nodes.longs(List.of(op.height(), op.width()))),
            attribute("axis", 0));
    return node("Resize", List.of(name(x), "", "", sizes), attribute("mode", "linear"));
  }

  @Override
  public Lowered softmax(Op.Softmax op, Value x) {
    return node("Softmax", List.of(name(x)), attribute("axis", -1));
  }

  @Override
  public Lowered logSoftmax(Op.LogSoftmax op, Value x) {
    return node("LogSoftmax", List.of(name(x)), attribute("axis", -1));
  }

  @Override
  public Lowered softplus(Op.Softplus op, Value x) {
    return node("Softplus", List.of(name(x)));
  }
}
