package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A function cut into segments, so that activations need to be kept at the cuts only.
 *
 * <p>Values are of three kinds. A <em>constant</em> depends on no trainable parameter: it is
 * computed once. A <em>weight</em> depends on trainable parameters and no input: each segment
 * computes those that it reads. An <em>activation</em> depends on both and belongs to one segment.
 * A segment ends after a sum of two activations: in a transformer's block that is each residual
 * sum.
 */
final class Segments {
  private final Graph graph;
  private final Set<Value> trained = new HashSet<>();
  private final Set<Value> fed = new HashSet<>();

  /** Values that have a gradient, and those that the first result's gradient flows to. */
  private final Set<Value> differentiable = new HashSet<>();

  private final Set<Value> contributing = new HashSet<>();
  private final Map<Value, Integer> segments = new HashMap<>();
  private final Set<Value> boundaries = new LinkedHashSet<>();
  private final int count;

  private Segments(Graph graph) {
    this.graph = graph;
    int segment = 0;
    for (Value value : graph.values()) {
      classify(value);
      if (isActivation(value)) {
        segments.put(value, segment);
        if (isSumOfActivations(value)) {
          segment++;
        }
      }
    }
    delay();
    this.count = segments.values().stream().mapToInt(s -> s + 1).max().orElse(0);
    for (Value value : graph.values()) {
      for (Value operand : value.operands()) {
        if (isActivation(operand) && of(operand) < of(value)) {
          boundaries.add(operand);
        }
      }
    }
    contribute(graph.outputs().values().iterator().next());
  }

  /**
   * Moves what reads no cut, such as rows of a table of mask tokens, to where it is first used: it
   * would be kept from the beginning otherwise, and what it is made of computed once more.
   */
  private void delay() {
    Set<Value> afterCut = new HashSet<>();
    for (Value value : graph.values()) {
      if (value.operands().stream().anyMatch(v -> afterCut.contains(v) || isSumOfActivations(v))) {
        afterCut.add(value);
      }
    }
    Map<Value, Integer> firstUses = new HashMap<>();
    List<Value> reversed = new ArrayList<>(graph.values());
    Collections.reverse(reversed);
    for (Value value : reversed) {
      if (isActivation(value)) {
        if (!afterCut.contains(value) && !isSumOfActivations(value)) {
          segments.computeIfPresent(value, (v, now) -> firstUses.getOrDefault(v, now));
        }
        value.operands().forEach(operand -> firstUses.merge(operand, of(value), Math::min));
      }
    }
  }

  private void contribute(Value value) {
    if (differentiable.contains(value) && contributing.add(value)) {
      value.operands().forEach(this::contribute);
    }
  }

  static Segments of(Graph graph) {
    return new Segments(graph);
  }

  /** True when the first result is a scalar that is trained, and there is a cut before it. */
  static boolean exist(Graph graph) {
    Value loss = graph.outputs().values().iterator().next();
    boolean scalar = loss.shape().rank() == 0 && loss.dtype() == DType.FLOAT32;
    if (!scalar) {
      return false;
    }
    Segments segments = new Segments(graph);
    return segments.isActivation(loss)
        && segments.count > 1
        && segments.of(loss) == segments.count - 1
        && segments.contributing.contains(loss);
  }

  private void classify(Value value) {
    boolean parameter = value.op() instanceof Op.Param op && op.parameter().trainable();
    if (parameter || value.operands().stream().anyMatch(trained::contains)) {
      trained.add(value);
    }
    boolean stops = value.op() instanceof Op.StopGradient;
    if (parameter || (!stops && value.operands().stream().anyMatch(differentiable::contains))) {
      differentiable.add(value);
    }
    if (value.op() instanceof Op.Input || value.operands().stream().anyMatch(fed::contains)) {
      fed.add(value);
    }
  }

  private boolean isSumOfActivations(Value value) {
    return value.op() instanceof Op.Binary binary
        && binary.operator() == Op.Binary.Operator.ADD
        && value.shape().rank() > 1
        && value.operands().stream().allMatch(this::isActivation);
  }

  private boolean isActivation(Value value) {
    return trained.contains(value) && fed.contains(value);
  }

  int count() {
    return count;
  }

  /** The segment of an activation. */
  int of(Value activation) {
    return segments.getOrDefault(activation, -1);
  }

  /** Values that depend on no trainable parameter, in order. */
  List<Value> constants() {
    return graph.values().stream().filter(value -> !trained.contains(value)).toList();
  }

  /** The activations that later segments read, in order. */
  List<Value> boundaries() {
    return List.copyOf(boundaries);
  }

  /** The boundaries that a segment makes and that take part in its backward pass. */
  List<Value> gradients(int segment) {
    return boundaries.stream()
        .filter(value -> of(value) == segment && contributing.contains(value))
        .toList();
  }

  /** Whether the gradient of a boundary is wanted. */
  boolean isContributing(Value boundary) {
    return contributing.contains(boundary);
  }

  /**
   * What the gradient of a boundary flows to next: trainable parameters, and boundaries of earlier
   * segments, in order.
   */
  List<Value> sources(Value boundary) {
    Set<Value> seen = new HashSet<>();
    Set<Value> sources = new HashSet<>();
    boundary.operands().forEach(operand -> addSources(operand, of(boundary), seen, sources));
    List<Value> ordered = new ArrayList<>(graph.values());
    ordered.retainAll(sources);
    return ordered;
  }

  private void addSources(Value value, int segment, Set<Value> seen, Set<Value> sources) {
    if (!differentiable.contains(value) || !seen.add(value)) {
      return;
    }
    boolean earlier = isActivation(value) && of(value) < segment;
    if (earlier || value.op() instanceof Op.Param) {
      sources.add(value);
    } else {
      value.operands().forEach(operand -> addSources(operand, segment, seen, sources));
    }
  }

  /** The weights and activations of a segment, in order. */
  List<Value> values(int segment) {
    Set<Value> needed = new HashSet<>();
    for (Value value : graph.values()) {
      if (isActivation(value) && of(value) == segment) {
        needed.add(value);
        value.operands().forEach(operand -> addWeights(operand, needed));
      }
    }
    List<Value> ordered = new ArrayList<>(graph.values());
    ordered.retainAll(needed);
    return ordered;
  }

  private void addWeights(Value value, Set<Value> needed) {
    if (trained.contains(value) && !fed.contains(value) && needed.add(value)) {
      value.operands().forEach(operand -> addWeights(operand, needed));
    }
  }
}
