package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/**
 * A pre-norm transformer block with cross-attention in the place of self-attention (arXiv
 * 2401.14391, section 3).
 *
 * <pre>
 *   x ← x + proj(attention(q(norm1(x)), k(c), v(c)))      x [batch, queries, dim]
 *   x ← x + fc2(gelu(fc1(norm2(x))))                      c [batch, tokens, D], normed already
 * </pre>
 *
 * @param prefix path of the block's parameters: {@code decoder_blocks.3}
 * @param dim width of the queries
 * @param numHeads attention heads
 * @param mlpDim hidden width of the MLP
 * @param epsilon added to the variance in its norms
 */
record CrossBlock(String prefix, int dim, int numHeads, int mlpDim, double epsilon) {

  Value apply(GraphBuilder g, Value x, Value context) {
    Value attended = attention(g, TransformerBlock.norm(g, prefix + ".norm1", x, epsilon), context);
    return TransformerBlock.mlp(g, prefix, g.add(x, attended), mlpDim, epsilon);
  }

  private Value attention(GraphBuilder g, Value x, Value context) {
    Value query = TransformerBlock.linear(g, prefix + ".cross_attn.q", x, dim);
    Value kv = TransformerBlock.linear(g, prefix + ".cross_attn.kv", context, 2L * dim);
    Value q = TransformerBlock.heads(g, query, numHeads);
    Value k = TransformerBlock.heads(g, g.slice(kv, -1, 0, dim), numHeads);
    Value v = TransformerBlock.heads(g, g.slice(kv, -1, dim, 2L * dim), numHeads);
    Value mixed = g.transpose(g.attention(q, k, v), 0, 2, 1, 3);
    Value joined = g.reshape(mixed, -1, x.shape().dim(1), dim);
    return TransformerBlock.linear(g, prefix + ".cross_attn.proj", joined, dim);
  }
}
