package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;

/**
 * Stochastic depth (arXiv 1603.09382): in training a residual branch is left out for some images
 * and enlarged for the others. Which, is an input of the graph, so that it is reproducible.
 *
 * <pre>
 *   drop_path  float32 [batch, 2 · depth]   factor of each branch: 0, or 1 / (1 − its rate);
 *                                           attention of block i at 2i, its MLP at 2i + 1
 * </pre>
 *
 * @param factors the input
 */
record DropPath(Value factors) {
  /** Residual branches of a block. */
  static final int BRANCHES = 2;

  /** Adds the input to a function. */
  static DropPath input(GraphBuilder g, int depth) {
    return new DropPath(g.input("drop_path", DType.FLOAT32, Shape.batch((long) BRANCHES * depth)));
  }

  /** A branch [batch, tokens, dim] times its factor. */
  Value scale(GraphBuilder g, Value branch, int index) {
    Value factor = g.reshape(g.slice(factors, 1, index, index + 1L), -1, 1, 1);
    return g.mul(branch, factor);
  }
}
