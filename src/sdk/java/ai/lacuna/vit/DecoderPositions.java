package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;

/** A decoder's position embeddings. */
final class DecoderPositions {
  private DecoderPositions() {}

  /** Position embeddings [1, 1 + N, dim]; row 0 is the class token's. */
  static Value table(GraphBuilder g, DecoderConfig config, VisionTransformer encoder) {
    int dim = config.embedDim();
    return switch (config.positions()) {
      case SEPARATE -> {
        Shape shape = Shape.of(1, 1L + encoder.config().numPatches(), dim);
        yield g.parameter(
            VisionTransformer.sinCos("decoder_pos_embed", shape, encoder.config(), dim));
      }
      case SHARED -> TransformerBlock.linear(g, "decoder_pos_proj", encoder.positions(g), dim);
    };
  }

  /** Those of the patches, a table [N, dim] to look up rows in. */
  static Value ofPatches(GraphBuilder g, DecoderConfig config, VisionTransformer encoder) {
    return rows(g, g.slice(table(g, config, encoder), 1, 1, 1L + encoder.config().numPatches()));
  }

  /** [1, n, dim] to [n, dim]. */
  static Value rows(GraphBuilder g, Value table) {
    return g.reshape(table, table.shape().dim(1), table.shape().dim(2));
  }
}
