package ai.lacuna.graph.onnx;

import static ai.lacuna.graph.onnx.OnnxNodes.attribute;

import ai.lacuna.graph.Op;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Attention, as one operator or as its parts. If the heads of all operands were split from [batch,
 * tokens, dim], the operator reads and gives that layout, and the transpositions around it fall
 * away.
 */
final class AttentionLowering {
  private static final List<Integer> SWAP_HEADS = List.of(0, 2, 1, 3);

  private final OnnxNodes nodes;
  private final OnnxTarget target;

  /** Results of the operator, and the same values [batch, tokens, dim]. */
  private final Map<String, String> attended = new HashMap<>();

  /** The former after a transposition that only a reshape parts from the latter. */
  private final Map<String, String> swapped = new HashMap<>();

  AttentionLowering(OnnxNodes nodes, OnnxTarget target) {
    this.nodes = nodes;
    this.target = target;
  }

  /**
   * Lowers attention.
   *
   * @param half whether the operands are float16
   * @param name gives an operand's tensor
   * @return the tensor [batch, heads, queries, d]
   */
  String lower(Value q, Value k, Value v, boolean half, Function<Value, String> name) {
    return target == OnnxTarget.PORTABLE
        ? parts(q, half, name.apply(q), name.apply(k), name.apply(v))
        : fused(q, k, v, name);
  }

  private String parts(Value query, boolean half, String q, String k, String v) {
    double scale = 1 / Math.sqrt((double) query.shape().dim(-1));
    String factor = nodes.floats(List.of(scale), List.of());
    if (half) {
      factor =
          nodes.node(
              "Cast", List.of(factor), attribute("to", TensorProto.DataType.FLOAT16.getNumber()));
    }
    String scaled = nodes.node("Mul", List.of(q, factor));
    String keys = nodes.node("Transpose", List.of(k), attribute("perm", List.of(0, 1, 3, 2)));
    String scores = nodes.node("MatMul", List.of(scaled, keys));
    String weights = nodes.node("Softmax", List.of(scores), attribute("axis", -1));
    return nodes.node("MatMul", List.of(weights, v));
  }

  private String fused(Value q, Value k, Value v, Function<Value, String> name) {
    Optional<Value> wholeQ = beforeHeads(q);
    Optional<Value> wholeK = beforeHeads(k);
    Optional<Value> wholeV = beforeHeads(v);
    if (wholeQ.isEmpty() || wholeK.isEmpty() || wholeV.isEmpty()) {
      return nodes.node("Attention", List.of(name.apply(q), name.apply(k), name.apply(v)));
    }
    long heads = q.shape().dim(1);
    String whole =
        nodes.node(
            "Attention",
            List.of(name.apply(wholeQ.get()), name.apply(wholeK.get()), name.apply(wholeV.get())),
            attribute("q_num_heads", heads),
            attribute("kv_num_heads", heads));
    // For whoever wants the heads apart; left out if nobody does.
    List<Long> apart = List.of(-1L, q.shape().dim(2), heads, q.shape().dim(3));
    String split = nodes.node("Reshape", List.of(whole, nodes.longs(apart)));
    String result = nodes.node("Transpose", List.of(split), attribute("perm", SWAP_HEADS));
    attended.put(result, whole);
    return result;
  }

  /** What was reshaped and transposed to [batch, heads, tokens, d], if that is what was done. */
  private static Optional<Value> beforeHeads(Value x) {
    if (!(x.op() instanceof Op.Transpose swap) || !swap.axes().equals(SWAP_HEADS)) {
      return Optional.empty();
    }
    Value split = x.operands().get(0);
    if (!(split.op() instanceof Op.Reshape)) {
      return Optional.empty();
    }
    Value whole = split.operands().get(0);
    return joinsHeads(split.shape(), whole.shape()) ? Optional.of(whole) : Optional.empty();
  }

  /** Takes note of a transposition, which may lead back to what the operator gave. */
  void transposed(String x, List<Integer> axes, String result) {
    String whole = attended.get(x);
    if (whole != null && axes.equals(SWAP_HEADS)) {
      swapped.put(result, whole);
    }
  }

  /**
   * What the operator gave, if a reshape asks for just that.
   *
   * @param x [batch, tokens, heads, d]
   * @param from its shape
   * @param to the shape that is asked for
   */
  Optional<String> joined(String x, Shape from, Shape to) {
    return joinsHeads(from, to) ? Optional.ofNullable(swapped.get(x)) : Optional.empty();
  }

  /** Whether [batch, tokens, heads, d] and [batch, tokens, dim] hold the same in the same order. */
  private static boolean joinsHeads(Shape apart, Shape whole) {
    return whole.rank() == 3
        && apart.rank() == 4
        && whole.dim(1) == apart.dim(1)
        && whole.dim(2) == apart.dim(2) * apart.dim(3);
  }
}
