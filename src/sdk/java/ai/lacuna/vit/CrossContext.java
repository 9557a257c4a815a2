package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What each block of a cross-attention decoder looks at.
 *
 * <pre>
 *   LAST      the latent, in every block
 *   WEIGHTED  block j:  dec_norms.j(Σ w[j, i] · state i)    i over all states of the encoder
 * </pre>
 *
 * <p>The weights {@code wfm.linear.weight} [decoder blocks, states] start Xavier-uniform and are
 * not bounded, as in the authors' code, whose parameter names these are (arXiv 2401.14391, section
 * 3.3). Sums are in float32 at every precision.
 *
 * @param config the decoder's shape
 * @param encoder whose tokens are looked at
 */
record CrossContext(DecoderConfig config, VisionTransformer encoder) {

  /** For each block of the decoder [batch, 1 + K, D]. */
  List<Value> of(GraphBuilder g, VisibleTokens tokens) {
    return switch (config.context()) {
      case LAST -> Collections.nCopies(config.depth(), tokens.latent());
      case WEIGHTED -> weighted(g, tokens.states());
    };
  }

  private List<Value> weighted(GraphBuilder g, List<Value> states) {
    long count = states.size();
    long length = states.get(0).shape().dim(1);
    long dim = states.get(0).shape().dim(2);
    Value weight =
        g.parameter(
            new Parameter(
                "wfm.linear.weight",
                Shape.of(config.depth(), count),
                true,
                Parameter.xavierUniform(count, config.depth())));
    List<Value> columns = new ArrayList<>();
    for (Value state : states) {
      columns.add(g.reshape(state, -1, length * dim, 1));
    }
    Value sums = g.matmul(g.concat(2, columns), g.transpose(weight, 1, 0));
    List<Value> contexts = new ArrayList<>();
    for (int block = 0; block < config.depth(); block++) {
      Value sum = g.reshape(g.slice(sums, 2, block, block + 1L), -1, length, dim);
      double epsilon = encoder.config().layerNormEpsilon();
      contexts.add(TransformerBlock.norm(g, "dec_norms." + block, sum, epsilon));
    }
    return contexts;
  }
}
