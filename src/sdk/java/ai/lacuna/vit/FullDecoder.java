package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import java.util.List;

/**
 * MAE's decoder: transformer blocks over all tokens, with a mask token in the place of each removed
 * patch (arXiv 2111.06377, section 3).
 *
 * @param config its shape
 * @param encoder whose latent it reads
 */
record FullDecoder(DecoderConfig config, VisionTransformer encoder) implements Decoder {

  @Override
  public Value predictRemoved(GraphBuilder g, VisibleTokens tokens, MaskInputs masks) {
    return new LossDecoder(config, encoder, masks).predict(g, tokens.latent());
  }

  @Override
  public Value predict(GraphBuilder g, VisibleTokens tokens, MaskInputs masks) {
    int dim = config.embedDim();
    int n = masks.patches();
    double epsilon = encoder.config().layerNormEpsilon();
    Value x = TransformerBlock.linear(g, "decoder_embed", tokens.latent(), dim);
    Value visible = g.slice(x, 1, 1, 1L + masks.keep());
    Value removed = new MaskTokens(config.maskToken(), masks).of(g, visible);
    // A gather from (kept, one mask token) would do; (kept, removed) is what ids_restore indexes.
    Value restored = g.gatherRows(g.concat(1, List.of(visible, removed)), masks.idsRestore(g));
    Value full = g.concat(1, List.of(g.slice(x, 1, 0, 1), restored));
    Value y = g.add(full, DecoderPositions.table(g, config, encoder));
    for (int i = 0; i < config.depth(); i++) {
      y =
          new TransformerBlock(
                  "decoder_blocks." + i, dim, config.numHeads(), config.mlpDim(), epsilon)
              .apply(g, y);
    }
    Value normed = TransformerBlock.norm(g, "decoder_norm", y, epsilon);
    Value pred = TransformerBlock.linear(g, "decoder_pred", normed, encoder.config().patchDim());
    return g.slice(pred, 1, 1, 1L + n);
  }
}
