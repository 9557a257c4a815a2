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
 * @param epsilon added to the variance in its norms
 */
record TransformerBlock(String prefix, int dim, int numHeads, int mlpDim, double epsilon) {

  Value apply(GraphBuilder g, Value x) {
    return mix(g, x, qkv(g, x));
  }

  /**
   * The last tokens of the result of {@link #apply}: all tokens are looked at, but nothing else is
   * computed for those whose result is not wanted.
   *
   * @param x [batch, tokens, dim]
   * @param count of the last tokens, which are wanted
   * @return [batch, count, dim]
   */
  Value applyToLast(GraphBuilder g, Value x, int count) {
    Qkv all = qkv(g, x);
    Qkv some = new Qkv(last(g, all.q, count), all.k, all.v);
    return mix(g, last(g, x, count), some);
  }

  private static Value last(GraphBuilder g, Value x, int count) {
    long tokens = x.shape().dim(1);
    return g.slice(x, 1, tokens - count, tokens);
  }

  /**
   * What attention reads, heads side by side.
   *
   * @param q queries [batch, queries, dim]
   * @param k keys [batch, tokens, dim]
   * @param v values, as {@code k}
   */
  record Qkv(Value q, Value k, Value v) {}

  /** Queries, keys and values of tokens, each for itself: norm1 and a linear layer. */
  Qkv qkv(GraphBuilder g, Value x) {
    Value qkv = linear(g, prefix + ".attn.qkv", norm(g, prefix + ".norm1", x, epsilon), 3L * dim);
    return new Qkv(
        g.slice(qkv, -1, 0, dim),
        g.slice(qkv, -1, dim, 2L * dim),
        g.slice(qkv, -1, 2L * dim, 3L * dim));
  }

  /**
   * What is left of a block after {@link #qkv}: attention, the MLP and both residual sums.
   *
   * @param x the tokens of the queries [batch, queries, dim]
   * @return as {@code x}
   */
  Value mix(GraphBuilder g, Value x, Qkv qkv) {
    return mlp(g, prefix, g.add(x, attention(g, qkv)), mlpDim, epsilon);
  }

  /** As {@link #apply(GraphBuilder, Value)}, with both branches dropped for some images. */
  Value apply(GraphBuilder g, Value x, DropPath drop, int block) {
    Value attended = attention(g, qkv(g, x));
    Value y = g.add(x, drop.scale(g, attended, DropPath.BRANCHES * block));
    Value hidden = mlpBranch(g, prefix, y, mlpDim, epsilon);
    return g.add(y, drop.scale(g, hidden, DropPath.BRANCHES * block + 1));
  }

  /** The second half of a block: norm2, the MLP and the residual. */
  static Value mlp(GraphBuilder g, String prefix, Value y, int mlpDim, double epsilon) {
    return g.add(y, mlpBranch(g, prefix, y, mlpDim, epsilon));
  }

  private static Value mlpBranch(
      GraphBuilder g, String prefix, Value y, int mlpDim, double epsilon) {
    Value normed = norm(g, prefix + ".norm2", y, epsilon);
    Value hidden = g.gelu(linear(g, prefix + ".mlp.fc1", normed, mlpDim));
    return linear(g, prefix + ".mlp.fc2", hidden, y.shape().dim(-1));
  }

  private Value attention(GraphBuilder g, Qkv qkv) {
    Value q = heads(g, qkv.q, numHeads);
    Value k = heads(g, qkv.k, numHeads);
    Value v = heads(g, qkv.v, numHeads);
    Value mixed = g.transpose(g.attention(q, k, v), 0, 2, 1, 3);
    Value joined = g.reshape(mixed, -1, qkv.q.shape().dim(1), dim);
    return linear(g, prefix + ".attn.proj", joined, dim);
  }

  /** [batch, tokens, dim] to [batch, heads, tokens, dim / heads]. */
  static Value heads(GraphBuilder g, Value x, int numHeads) {
    long tokens = x.shape().dim(1);
    long headDim = x.shape().dim(2) / numHeads;
    return g.transpose(g.reshape(x, -1, tokens, numHeads, headDim), 0, 2, 1, 3);
  }

  static Value norm(GraphBuilder g, String name, Value x, double epsilon) {
    Shape shape = Shape.of(x.shape().dim(-1));
    Value weight = g.parameter(new Parameter(name + ".weight", shape, true, Parameter.constant(1)));
    Value bias = g.parameter(new Parameter(name + ".bias", shape, true, Parameter.constant(0)));
    return g.layerNorm(x, weight, bias, epsilon);
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
