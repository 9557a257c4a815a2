package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/** Predicts the patches of images from what the encoder made of the visible ones. */
sealed interface Decoder permits FullDecoder, CrossDecoder {
  /**
   * Adds the decoder to a function.
   *
   * @param tokens what the encoder made of the visible patches
   * @param masks which patches are visible
   * @return [batch, N, p·p·C], patches row by row
   */
  Value predict(GraphBuilder g, VisibleTokens tokens, MaskInputs masks);

  /**
   * Adds the decoder to a function that needs the removed patches only; the values are those of
   * {@link #predict} to rounding.
   *
   * @param tokens what the encoder made of the visible patches
   * @param masks which patches are visible
   * @return [batch, N − K, p·p·C], in the order of {@code ids_remove}
   */
  Value predictRemoved(GraphBuilder g, VisibleTokens tokens, MaskInputs masks);

  /** The decoder of a configuration. */
  static Decoder of(DecoderConfig config, VisionTransformer encoder) {
    return switch (config.kind()) {
      case FULL -> new FullDecoder(config, encoder);
      case CROSS -> new CrossDecoder(config, encoder);
    };
  }
}
