package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;

/**
 * A pre-norm transformer block (arXiv 2010.11929, equations 2 and 3).
 *
 * <pre>
 *   x ← x + proj(attention(norm1(x)))
 *   x ← x + fc2(gelu(fc1(norm2(x))))          x [batch, tokens, dim]
 * </pre>
 *
 * Linear weights start Xavier-uniform and biases at 0, as in MAE.
 *
 * @param prefix path of the block's parameters: {@code blocks.3}
 * @param dim width of the tokens
 * @param numHeads attention heads
 * @param mlpDim hidden width of the MLP
 */
record TransformerBlock(String prefix, int dim, int numHeads, int mlpDim) {

  Value apply(GraphBuilder g, Value x) {
    Value attended = attention(g, norm(g, prefix + ".norm1", x));
    return mlp(g, prefix, g.add(x, attended), mlpDim);
  }

  /** The second half of a block: norm2, the MLP and the residual. */
  static Value mlp(GraphBuilder g, String prefix, Value y, int mlpDim) {
    Value hidden = g.gelu(linear(g, prefix + ".mlp.fc1", norm(g, prefix + ".norm2", y), mlpDim));
    return g.add(y, linear(g, prefix + ".mlp.fc2", hidden, y.shape().dim(-1)));
  }

  private Value attention(GraphBuilder g, Value x) {
    long tokens = x.shape().dim(1);
    Value qkv = linear(g, prefix + ".attn.qkv", x, 3L * dim);
    Value q = heads(g, g.slice(qkv, -1, 0, dim), numHeads);
    Value k = heads(g, g.slice(qkv, -1, dim, 2L * dim), numHeads);
    Value v = heads(g, g.slice(qkv, -1, 2L * dim, 3L * dim), numHeads);
    Value mixed = g.transpose(g.attention(q, k, v), 0, 2, 1, 3);
    return linear(g, prefix + ".attn.proj", g.reshape(mixed, -1, tokens, dim), dim);
  }

  /** [batch, tokens, dim] to [batch, heads, tokens, dim / heads]. */
  static Value heads(GraphBuilder g, Value x, int numHeads) {
    long tokens = x.shape().dim(1);
    long headDim = x.shape().dim(2) / numHeads;
    return g.transpose(g.reshape(x, -1, tokens, numHeads, headDim), 0, 2, 1, 3);
  }

  static Value norm(GraphBuilder g, String name, Value x) {
    Shape shape = Shape.of(x.shape().dim(-1));
    Value weight = g.parameter(new Parameter(name + ".weight", shape, true, Parameter.constant(1)));
    Value bias = g.parameter(new Parameter(name + ".bias", shape, true, Parameter.constant(0)));
    return g.layerNorm(x, weight, bias, VitConfig.LAYER_NORM_EPSILON);
  }

  static Value linear(GraphBuilder g, String name, Value x, long out) {
    long in = x.shape().dim(-1);
    Value weight =
        g.parameter(
            new Parameter(
                name + ".weight", Shape.of(out, in), true, Parameter.xavierUniform(in, out)));
    Value bias =
        g.parameter(new Parameter(name + ".bias", Shape.of(out), true, Parameter.constant(0)));
    return g.linear(x, weight, bias);
  }
}
