package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/**
 * CrossMAE's decoder (arXiv 2401.14391, section 3): a query for each removed patch, made of a mask
 * token and the patch's position, looks at the visible tokens by cross-attention. Queries do not
 * look at each other. Keys and values come from the encoder's last norm, class token included, in
 * every block: the paper's weighting of the encoder's inner blocks is left out.
 *
 * <p>Visible patches are not predicted: their rows of the result are 0.
 *
 * @param config its shape
 * @param encoder whose latent it reads
 */
record CrossDecoder(DecoderConfig config, VisionTransformer encoder) implements Decoder {

  @Override
  public Value predict(GraphBuilder g, Value latent, MaskInputs masks) {
    return masks.placed(g, predictRemoved(g, latent, masks));
  }

  @Override
  public Value predictRemoved(GraphBuilder g, Value latent, MaskInputs masks) {
    int dim = config.embedDim();
    double epsilon = encoder.config().layerNormEpsilon();
    Value visible = g.slice(latent, 1, 1, 1L + masks.keep());
    // Only the mean of the visible tokens reads this projection; otherwise the graph has none.
    Value embedded = TransformerBlock.linear(g, "decoder_embed", visible, dim);
    MaskTokens tokens = new MaskTokens(config.maskToken(), masks);
    Value positions = DecoderPositions.ofPatches(g, config, encoder);
    Value x = g.add(tokens.of(g, embedded), g.embedding(positions, masks.idsRemove(g)));
    for (int i = 0; i < config.depth(); i++) {
      x =
          new CrossBlock("decoder_blocks." + i, dim, config.numHeads(), config.mlpDim(), epsilon)
              .apply(g, x, latent);
    }
    Value normed = TransformerBlock.norm(g, "decoder_norm", x, epsilon);
    return TransformerBlock.linear(g, "decoder_pred", normed, encoder.config().patchDim());
  }
}
