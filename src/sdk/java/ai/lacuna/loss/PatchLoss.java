package ai.lacuna.loss;

import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;

/** A loss that the network's own graph computes, patch by patch. */
public sealed interface PatchLoss extends ReconstructionLoss
    permits SquaredError, AbsoluteError, Charbonnier, FocalFrequency {
  /**
   * Adds the loss to a function.
   *
   * @param g the function
   * @param difference prediction − target, [batch, N, side · side · channels], pixels ordered (row,
   *     column, channel)
   * @param shape of a patch
   * @return each patch's loss, a mean over its pixels, [batch, N]
   */
  Value perPatch(GraphBuilder g, Value difference, PatchShape shape);

  /**
   * The shape of a patch.
   *
   * @param side pixels of a side
   * @param channels channels of a pixel
   */
  record PatchShape(int side, int channels) {}
}
