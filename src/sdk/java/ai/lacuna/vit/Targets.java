package ai.lacuna.vit;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/**
 * What patches are predicted as, and how predictions become pixels again.
 *
 * @param config the images
 * @param normPixLoss whether a target is normalised by its own mean and variance
 */
record Targets(VitConfig config, boolean normPixLoss) {
  /** Added to a target patch's variance (MAE). */
  private static final double VARIANCE_EPSILON = 1e-6;

  /** Targets [batch, N, p·p·C] of patches. */
  Value of(GraphBuilder g, Value patches) {
    if (!normPixLoss) {
      return patches;
    }
    Value centred = g.sub(patches, g.mean(patches, true, 2));
    return g.div(centred, deviation(g, centred));
  }

  /** √(var + 1e-6) of each patch, with the unbiased variance that MAE uses. */
  private Value deviation(GraphBuilder g, Value centred) {
    long d = config.patchDim();
    Value squares = g.sum(g.mul(centred, centred), true, 2);
    Value variance = g.mul(squares, g.scalar(1.0 / Math.max(1, d - 1)));
    return g.sqrt(g.add(variance, g.scalar(VARIANCE_EPSILON)));
  }

  /**
   * Images whose removed patches are as predicted. Predictions of normalised patches get their
   * target's mean and deviation, which training knows.
   *
   * @param pred [batch, N, p·p·C]
   * @param patches as {@code pred}, normalised pixels
   * @param mask [batch, N], 1 = removed
   * @return patches as {@code pred}
   */
  Value composite(GraphBuilder g, Value pred, Value patches, Value mask) {
    Value pixels = pred;
    if (normPixLoss) {
      Value mean = g.mean(patches, true, 2);
      pixels = g.add(g.mul(pred, deviation(g, g.sub(patches, mean))), mean);
    }
    Value removed = g.reshape(mask, -1, config.numPatches(), 1);
    return g.add(patches, g.mul(g.sub(pixels, patches), removed));
  }
}
