package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Graph;
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
 * to those that they have.
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
    for (Value boundary : segments.boundaries()) {
      String detached = "torch.detach(" + forward.name(boundary) + ")";
      method.assign(
          leaf(boundary),
          segments.isContributing(boundary) ? "torch.requires_grad_(" + detached + ")" : detached);
    }
    method.line("torch.set_grad_enabled(True)");
    TorchScriptLowering end = again(last);
    Value loss = graph.outputs().values().iterator().next();
    method.line("torch.backward(" + end.wide(loss) + ", " + MethodText.GRADIENT + ")");
    for (int segment = last - 1; segment >= 0; segment--) {
      backward(again(segment), segments.gradients(segment));
    }
    List<String> results =
        graph.outputs().values().stream()
            .map(value -> segments.of(value) == last ? end.wide(value) : forward.wide(value))
            .map(result -> "torch.detach(" + result + ")")
            .toList();
    return method.returning(results);
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
  private void backward(TorchScriptLowering segment, List<Value> outputs) {
    if (outputs.size() == 1) {
      Value output = outputs.get(0);
      String gradient = "ops.prim.grad(" + leaf(output) + ")";
      method.line("torch.backward(" + segment.name(output) + ", " + gradient + ")");
      return;
    }
    String sum = "";
    for (Value output : outputs) {
      String term =
          "torch.sum(torch.mul(%s, ops.prim.grad(%s)), dtype=%d)"
              .formatted(segment.name(output), leaf(output), TorchScriptLowering.SCALAR_TYPE_FLOAT);
      sum = sum.isEmpty() ? term : "torch.add(" + sum + ", " + term + ")";
    }
    if (!sum.isEmpty()) {
      method.line("torch.backward(" + sum + ")");
    }
  }
}
