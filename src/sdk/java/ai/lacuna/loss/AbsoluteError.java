package ai.lacuna.loss;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/** {@code l1}: the mean of |d|. */
public record AbsoluteError() implements PatchLoss {
  static final String WORD = "l1";

  @Override
  public String text() {
    return WORD;
  }

  @Override
  public Value perPatch(GraphBuilder g, Value difference, PatchShape shape) {
    return g.mean(g.abs(difference), false, 2);
  }
}
