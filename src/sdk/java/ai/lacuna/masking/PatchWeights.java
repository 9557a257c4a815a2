package ai.lacuna.masking;

import ai.lacuna.serving.Pixels;

/**
 * How much each patch of an image weighs: computed from its pixels, or a caller's own map, found by
 * the sample's id.
 */
@FunctionalInterface
public interface PatchWeights {
  /**
   * The weights of an image's patches, row by row.
   *
   * @param sampleId the image's id
   * @param image the image as the network sees it: a map that was drawn on the original has to
   *     allow for crops and mirrors
   * @return N finite numbers of at least 0; on any scale
   */
  double[] of(long sampleId, Pixels image);

  /**
   * Local contrast: the standard deviation of the grey values in each patch, over its mean in the
   * image, plus 0.05 so that no patch is left out. A blank image has equal weights, and so has one
   * of two neighbouring levels (of 256 in each channel), as rounding makes of a blank one.
   *
   * @param grid the patches
   */
  static PatchWeights contrast(PatchGrid grid) {
    return (id, image) -> PatchDetail.of(image, grid).contrast();
  }

  /**
   * Edges: the mean length of the Sobel gradient in each patch, over its mean in the image, plus
   * 0.05. A blank image has equal weights, as for {@link #contrast}.
   *
   * @param grid the patches
   */
  static PatchWeights edges(PatchGrid grid) {
    return (id, image) -> PatchDetail.of(image, grid).edges();
  }

  /**
   * Flatness, the inverse of high-frequency content: 1 / (e + 0.05), with e the energy of the
   * Laplacian in each patch over its mean in the image.
   *
   * <p>The Laplacian's response grows with the square of the spatial frequency, so its mean square
   * is the patch's spectral energy with high frequencies weighted by their fourth power: sky and
   * background have almost none, texture and edges much. A blank image has equal weights, as for
   * {@link #contrast}.
   *
   * @param grid the patches
   */
  static PatchWeights flatness(PatchGrid grid) {
    return (id, image) -> PatchDetail.of(image, grid).flatness();
  }
}
