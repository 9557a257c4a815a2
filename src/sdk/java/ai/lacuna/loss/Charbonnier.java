package ai.lacuna.loss;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/**
 * {@code charbonnier}: the mean of √(d² + ε²), which is |d| made smooth at 0 (arXiv 1710.01992,
 * equation 3).
 *
 * @param epsilon ε on the scale of the targets, above 0; a prediction without error costs ε
 */
public record Charbonnier(double epsilon) implements PatchLoss {
  static final String WORD = "charbonnier";

  /** The paper's ε. */
  public static final double EPSILON = 1e-3;

  /**
   * @throws IllegalArgumentException if ε is not above 0
   */
  public Charbonnier {
    if (!(epsilon > 0 && epsilon < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "charbonnier: expected an epsilon above 0, found " + epsilon);
    }
  }

  @Override
  public String text() {
    return epsilon == EPSILON ? WORD : WORD + ":" + epsilon;
  }

  @Override
  public Value perPatch(GraphBuilder g, Value difference, PatchShape shape) {
    Value squares = g.add(g.mul(difference, difference), g.scalar(epsilon * epsilon));
    return g.mean(g.sqrt(squares), false, 2);
  }
}
