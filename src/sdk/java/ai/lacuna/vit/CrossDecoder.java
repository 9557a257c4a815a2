package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import java.util.List;

/**
 * CrossMAE's decoder (arXiv 2401.14391, section 3): a query for each removed patch, made of a mask
 * token and the patch's position, looks at the visible tokens by cross-attention. Queries do not
 * look at each other. Keys and values come from the encoder's tokens, class token included, see
 * {@link CrossContext}.
 *
 * <p>Visible patches are not predicted: their rows of the result are 0.
 *
 * @param config its shape
 * @param encoder whose latent it reads
 */
record CrossDecoder(DecoderConfig config, VisionTransformer encoder) implements Decoder {

  @Override
  public Value predict(GraphBuilder g, VisibleTokens tokens, MaskInputs masks) {
    return masks.placed(g, predictRemoved(g, tokens, masks));
  }

  @Override
  public Value predictRemoved(GraphBuilder g, VisibleTokens tokens, MaskInputs masks) {
    int dim = config.embedDim();
    double epsilon = encoder.config().layerNormEpsilon();
    Value visible = g.slice(tokens.latent(), 1, 1, 1L + masks.keep());
    // Only the mean of the visible tokens reads this projection; otherwise the graph has none.
    Value embedded = TransformerBlock.linear(g, "decoder_embed", visible, dim);
    MaskTokens masked = new MaskTokens(config.maskToken(), masks);
    Value positions = DecoderPositions.ofPatches(g, config, encoder);
    Value x = g.add(masked.of(g, embedded), g.embedding(positions, masks.idsRemove(g)));
    List<Value> contexts = new CrossContext(config, encoder).of(g, tokens);
    for (int i = 0; i < config.depth(); i++) {
      x =
          new CrossBlock("decoder_blocks." + i, dim, config.numHeads(), config.mlpDim(), epsilon)
              .apply(g, x, contexts.get(i));
    }
    Value normed = TransformerBlock.norm(g, "decoder_norm", x, epsilon);
    return TransformerBlock.linear(g, "decoder_pred", normed, encoder.config().patchDim());
  }
}
