package ai.lacuna.loss;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/** {@code mse}: the mean of d², the loss of MAE (arXiv 2111.06377, section 3). */
public record SquaredError() implements PatchLoss {
  static final String WORD = "mse";

  @Override
  public String text() {
    return WORD;
  }

  @Override
  public Value perPatch(GraphBuilder g, Value difference, PatchShape shape) {
    return g.mean(g.mul(difference, difference), false, 2);
  }
}
