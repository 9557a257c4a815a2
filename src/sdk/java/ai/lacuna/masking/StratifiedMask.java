package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;

/**
 * Removes a share of its patches in large blocks and the others one by one: two scales of gaps in
 * each image, which uniform and blockwise masking (arXiv 2111.06377, figure 6) have one each of.
 *
 * <p>The blocks are drawn first, as {@link BlockMask} draws them; then single patches, uniformly
 * from those left.
 *
 * @param grid the patches
 * @param keep K, patches kept
 * @param blocks share of the removed patches that lies in blocks, 0 to 1, rounded to whole patches
 * @param least the smallest block as a share of the grid, in (0, 1]
 */
public record StratifiedMask(PatchGrid grid, int keep, double blocks, double least)
    implements MaskSampler {
  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed, or a share is out of
   *     range
   */
  public StratifiedMask {
    grid.requireKeep(keep);
    requireShare(blocks);
    BlockMask.requireShare(least);
  }

  static void requireShare(double blocks) {
    if (!(blocks >= 0 && blocks <= 1)) {
      throw new IllegalArgumentException(
          "mask stratified: expected 0 to 1 of the removed patches in blocks, found " + blocks);
    }
  }

  /** Patches of each image that are removed in blocks. */
  public int inBlocks() {
    return (int) Math.round(blocks * (grid.size() - keep));
  }

  @Override
  public Mask sample(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, CounterRandom.Purpose.MASK);
    boolean[] removed = BlockMask.blocks(random, grid, inBlocks(), least);
    int left = grid.size() - keep - inBlocks();
    for (int patch : random.permutation(grid.size())) {
      if (left > 0 && !removed[patch]) {
        removed[patch] = true;
        left--;
      }
    }
    return Mask.removing(removed);
  }
}
