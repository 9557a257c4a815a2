package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.Collections;
import java.util.List;

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
    int dim = config.embedDim();
    int n = masks.patches();
    Value visible = g.slice(latent, 1, 1, 1L + masks.keep());
    // Only the mean of the visible tokens reads this projection; otherwise the graph has none.
    Value embedded = TransformerBlock.linear(g, "decoder_embed", visible, dim);
    MaskTokens tokens = new MaskTokens(config.maskToken(), masks);
    Value table = DecoderPositions.table(g, config, encoder);
    Value positions = g.expandBatch(g.slice(table, 1, 1, 1L + n), latent);
    Value x = g.add(tokens.of(g, embedded), g.gatherRows(positions, masks.idsRemove(g)));
    for (int i = 0; i < config.depth(); i++) {
      x =
          new CrossBlock("decoder_blocks." + i, dim, config.numHeads(), config.mlpDim())
              .apply(g, x, latent);
    }
    Value normed = TransformerBlock.norm(g, "decoder_norm", x);
    Value pred = TransformerBlock.linear(g, "decoder_pred", normed, encoder.config().patchDim());
    Value all = g.concat(1, List.of(zeros(g, pred, masks.keep()), pred));
    return g.gatherRows(all, masks.idsRestore(g));
  }

  /** Zeros [batch, rows, width of like], from two short constants. */
  private static Value zeros(GraphBuilder g, Value like, int rows) {
    int width = Math.toIntExact(like.shape().dim(2));
    Value column = g.constant(Collections.nCopies(rows, 0.0), Shape.of(1, rows, 1));
    Value row = g.constant(Collections.nCopies(width, 0.0), Shape.of(1, 1, width));
    return g.expandBatch(g.add(column, row), like);
  }
}
