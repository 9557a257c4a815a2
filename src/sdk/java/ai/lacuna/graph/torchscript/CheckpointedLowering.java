package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Value;
import java.util.List;

/**
 * A function as a method that also runs its backward pass, and keeps the activations at the cuts of
 * its {@link Segments} only (arXiv 1604.06174): forward without gradients, then from the last
 * segment to the first compute it again, with gradients.
 *
 * <pre>
 *   def loss_checkpointed(self, INPUTS, gradient: Tensor) -> RESULTS
 * </pre>
 *
 * {@code gradient} is that of the first result, a scalar; the gradients of the parameters are added
 * to those that they have. What is frozen is seen when the method runs: a cut behind frozen
 * parameters only has no gradient, and the segments before it are not computed again.
 */
final class CheckpointedLowering {
  static final String SUFFIX = "_checkpointed";

  private final Graph graph;
  private final LoweringOptions options;
  private final MethodText method;
  private final Segments segments;
  private final TorchScriptLowering forward;

  private CheckpointedLowering(Graph graph, String selfType, LoweringOptions options) {
    this.graph = graph;
    this.options = options;
    this.method = MethodText.withGradient(graph.name() + SUFFIX, graph, selfType);
    this.segments = Segments.of(graph);
    this.forward = new TorchScriptLowering(graph, options, method, "v");
  }

  static boolean applies(Graph graph) {
    return Segments.exist(graph);
  }

  static String method(Graph graph, String selfType, LoweringOptions options) {
    return new CheckpointedLowering(graph, selfType, options).text();
  }

  private String text() {
    int last = segments.count() - 1;
    method.line("torch.set_grad_enabled(False)");
    forward.emit(segments.constants());
    for (int segment = 0; segment < last; segment++) {
      forward.emit(segments.values(segment));
    }
    segments.boundaries().forEach(this::keep);
    method.line("torch.set_grad_enabled(True)");
    TorchScriptLowering end = again(last);
    Value loss = graph.outputs().values().iterator().next();
    method.line("torch.backward(" + end.wide(loss) + ", " + MethodText.GRADIENT + ")");
    for (int segment = last - 1; segment >= 0; segment--) {
      backward(segment, segments.gradients(segment));
    }
    List<String> results =
        graph.outputs().values().stream()
            .map(value -> segments.of(value) == last ? end.wide(value) : forward.wide(value))
            .map(result -> "torch.detach(" + result + ")")
            .toList();
    return method.returning(results);
  }

  /** Keeps an activation as a leaf, with a gradient if something before it is trained. */
  private void keep(Value boundary) {
    String detached = "torch.detach(" + forward.name(boundary) + ")";
    if (!segments.isContributing(boundary)) {
      method.assign(leaf(boundary), detached);
      return;
    }
    String flag = "";
    for (Value source : segments.sources(boundary)) {
      String trains =
          source.op() instanceof Op.Param parameter
              ? "ops.prim.requires_grad(" + forward.param(parameter) + ")"
              : trains(source);
      flag = either(flag, trains, boundary);
    }
    method.assign(leaf(boundary), "torch.requires_grad_(" + detached + ", " + flag + ")");
  }

  /** Adds to the flag of a boundary, which it names. */
  private String either(String flag, String other, Value boundary) {
    String name = trains(boundary);
    method.assign(name, flag.isEmpty() ? other : "torch.__or__(" + flag + ", " + other + ")");
    return name;
  }

  private static String trains(Value boundary) {
    return "trains" + boundary.id();
  }

  private static String leaf(Value boundary) {
    return "leaf" + boundary.id();
  }

  /** Computes a segment from the boundaries before it. */
  private TorchScriptLowering again(int segment) {
    TorchScriptLowering lowering =
        new TorchScriptLowering(graph, options, method, "s" + segment + "_");
    for (Value constant : segments.constants()) {
      if (forward.isWritten(constant)) {
        lowering.define(constant, forward.name(constant), forward.isLow(constant));
      }
    }
    for (Value boundary : segments.boundaries()) {
      if (segments.of(boundary) < segment) {
        lowering.define(boundary, leaf(boundary), forward.isLow(boundary));
      }
    }
    lowering.emit(segments.values(segment));
    return lowering;
  }

  /** One call for all that a segment gave to later ones: their gradients are in their leaves. */
  private void backward(int segment, List<Value> outputs) {
    if (outputs.size() == 1) {
      Value output = outputs.get(0);
      method.when(
          trains(output),
          () -> {
            TorchScriptLowering lowering = again(segment);
            method.line("torch.backward(" + lowering.name(output) + ", " + gradient(output) + ")");
          });
      return;
    }
    if (!outputs.isEmpty()) {
      String some = "some" + segment;
      method.assign(some, trains(outputs.get(0)));
      outputs.forEach(
          output -> method.assign(some, "torch.__or__(" + some + ", " + trains(output) + ")"));
      method.when(some, () -> backwardOfSum(segment, outputs));
    }
  }

  private void backwardOfSum(int segment, List<Value> outputs) {
    TorchScriptLowering lowering = again(segment);
    String sum = "sum" + segment;
    method.assign(sum, "torch.mul(" + MethodText.GRADIENT + ", 0)");
    for (Value output : outputs) {
      String term =
          "torch.sum(torch.mul(%s, %s), dtype=%s)"
              .formatted(
                  lowering.name(output), gradient(output), TorchScriptLowering.SCALAR_TYPE_FLOAT);
      method.when(trains(output), () -> method.assign(sum, "torch.add(" + sum + ", " + term + ")"));
    }
    method.line("torch.backward(" + sum + ")");
  }

  private static String gradient(Value output) {
    return "ops.prim.grad(" + leaf(output) + ")";
  }
}
