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
}
