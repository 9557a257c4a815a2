package ai.lacuna.masking;

/**
 * Makes the sampler of a grid and a count; safe for use by several threads, which draw masks while
 * they load. A schedule of the ratio asks for one for each count that it passes through.
 */
@FunctionalInterface
public interface MaskSamplers {
  /**
   * A sampler whose masks keep exactly that many patches.
   *
   * @param grid the patches
   * @param keep K, the patches kept, 1 to N − 1
   * @throws IllegalArgumentException if the count is out of range
   */
  ImageMaskSampler sampler(PatchGrid grid, int keep);
}
