package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import java.util.List;
import java.util.Optional;

/**
 * MAE's decoder as its loss needs it: the predictions of {@link FullDecoder} for the removed
 * patches, from fewer operations. Nothing is approximated; sums are rounded in another order.
 *
 * <ul>
 *   <li><b>Tokens stay in the order (class, kept, removed).</b> Attention does not know an order,
 *       and everything else treats each token for itself; so it is enough that each token gets its
 *       own position.
 *   <li><b>Queries, keys and values of mask tokens are computed once for all images</b> in the
 *       first block. There the row of a removed patch is mask token + position, whatever the image;
 *       norm1 and the linear layer read nothing else. So a table of N rows is looked up by {@code
 *       ids_remove}, and its gradient is the sum over the batch, as that of any shared value. Not
 *       with a mean of visible tokens, which depends on the image.
 *   <li><b>The last block computes removed patches alone</b>: a visible token's result would go
 *       into its own prediction and nowhere else, and that has no part in the loss. As key and
 *       value it is still looked at.
 * </ul>
 *
 * @param config the decoder's shape
 * @param encoder whose latent it reads
 * @param masks which patches are removed
 */
record LossDecoder(DecoderConfig config, VisionTransformer encoder, MaskInputs masks) {

  /** From the latent [batch, 1 + K, D] the removed patches [batch, N − K, p·p·C]. */
  Value predict(GraphBuilder g, Value latent) {
    Value embedded = TransformerBlock.linear(g, "decoder_embed", latent, config.embedDim());
    Value positions = DecoderPositions.ofPatches(g, config, encoder);
    Value visible = g.add(embedded, visiblePositions(g, positions, embedded));
    MaskTokens tokens = new MaskTokens(config.maskToken(), masks);
    Optional<Value> ofAnyImage = tokens.ofAnyImage(g, config.embedDim());
    Value y =
        ofAnyImage.isPresent()
            ? firstBlock(g, visible, g.add(DecoderPositions.rows(g, ofAnyImage.get()), positions))
            : firstBlock(g, visible, tokens.of(g, patches(g, embedded)), positions);
    for (int i = 1; i < config.depth(); i++) {
      y = isLast(i) ? block(i).applyToLast(g, y, masks.removals()) : block(i).apply(g, y);
    }
    Value normed = TransformerBlock.norm(g, "decoder_norm", y, encoder.config().layerNormEpsilon());
    return TransformerBlock.linear(g, "decoder_pred", normed, encoder.config().patchDim());
  }

  /** Without the class token. */
  private Value patches(GraphBuilder g, Value visible) {
    return g.slice(visible, 1, 1, 1L + masks.keep());
  }

  private boolean isLast(int block) {
    return block == config.depth() - 1;
  }

  private TransformerBlock block(int index) {
    return new TransformerBlock(
        "decoder_blocks." + index,
        config.embedDim(),
        config.numHeads(),
        config.mlpDim(),
        encoder.config().layerNormEpsilon());
  }

  /** Positions [batch, 1 + K, dim] of the class token and the visible patches. */
  private Value visiblePositions(GraphBuilder g, Value ofPatches, Value like) {
    Value ofClass = g.slice(DecoderPositions.table(g, config, encoder), 1, 0, 1);
    Value ofKept = g.embedding(ofPatches, masks.idsKeep(g));
    return g.concat(1, List.of(g.expandBatch(ofClass, like), ofKept));
  }

  /**
   * The first block when a removed patch's row is the same in all images.
   *
   * @param visible [batch, 1 + K, dim]
   * @param table [N, dim], what stands in the place of each patch if it is removed
   * @return [batch, 1 + N, dim], or [batch, N − K, dim] if it is the last block too
   */
  private Value firstBlock(GraphBuilder g, Value visible, Value table) {
    TransformerBlock first = block(0);
    TransformerBlock.Qkv seen = first.qkv(g, visible);
    TransformerBlock.Qkv once = first.qkv(g, table);
    Value removed = looked(g, table);
    Value q = looked(g, once.q());
    TransformerBlock.Qkv qkv =
        new TransformerBlock.Qkv(
            isLast(0) ? q : g.concat(1, List.of(seen.q(), q)),
            g.concat(1, List.of(seen.k(), looked(g, once.k()))),
            g.concat(1, List.of(seen.v(), looked(g, once.v()))));
    return first.mix(g, isLast(0) ? removed : g.concat(1, List.of(visible, removed)), qkv);
  }

  /** Rows [batch, N − K, dim] of the removed patches. */
  private Value looked(GraphBuilder g, Value table) {
    return g.embedding(table, masks.idsRemove(g));
  }

  /** The first block when mask tokens depend on the image. */
  private Value firstBlock(GraphBuilder g, Value visible, Value tokens, Value positions) {
    Value removed = g.add(tokens, looked(g, positions));
    Value x = g.concat(1, List.of(visible, removed));
    return isLast(0) ? block(0).applyToLast(g, x, masks.removals()) : block(0).apply(g, x);
  }
}
