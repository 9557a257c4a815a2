package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.Collections;
import java.util.Optional;

/**
 * The tokens that a decoder puts in the place of removed patches, without their positions.
 *
 * @param kind what they are
 * @param masks which patches are removed
 */
record MaskTokens(DecoderConfig.MaskToken kind, MaskInputs masks) {
  /**
   * Adds the tokens to a function.
   *
   * @param visible [batch, K, dim], the visible patches' tokens in the decoder's width
   * @return [batch, N − K, dim], in the order of {@code ids_remove}
   */
  Value of(GraphBuilder g, Value visible) {
    long dim = visible.shape().dim(2);
    return switch (kind) {
      case LEARNED -> g.expandBatch(repeated(g, learned(g, dim)), masks.removed(g));
      case GAUSSIAN ->
          g.gatherRows(g.expandBatch(noise(g, dim), masks.removed(g)), masks.idsRemove(g));
      case MEAN -> repeated(g, g.mean(visible, true, 1));
    };
  }

  /**
   * The tokens before positions are added, if they do not depend on the image.
   *
   * @param dim the decoder's width
   * @return [1, 1 or N, dim], for every patch as if it were removed; empty for a mean of tokens
   */
  Optional<Value> ofAnyImage(GraphBuilder g, long dim) {
    return switch (kind) {
      case LEARNED -> Optional.of(learned(g, dim));
      case GAUSSIAN -> Optional.of(noise(g, dim));
      case MEAN -> Optional.empty();
    };
  }

  private Value repeated(GraphBuilder g, Value token) {
    return g.concat(1, Collections.nCopies(masks.removals(), token));
  }

  private static Value learned(GraphBuilder g, long dim) {
    return g.parameter(
        new Parameter(
            "mask_token",
            Shape.of(1, 1, dim),
            true,
            Parameter.normal(VisionTransformer.TOKEN_DEVIATION)));
  }

  private Value noise(GraphBuilder g, long dim) {
    return g.parameter(
        new Parameter(
            "mask_noise",
            Shape.of(1, masks.patches(), dim),
            false,
            Parameter.normal(VisionTransformer.TOKEN_DEVIATION)));
  }
}
