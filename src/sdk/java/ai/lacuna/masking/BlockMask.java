package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;

/**
 * Removes blocks of random shape and place, one after the other, until enough patches are gone: the
 * blockwise masking of BEiT (arXiv 2106.08254, section 2.3, algorithm 1).
 *
 * <p>A block has between {@code least} patches, a share of the grid, and all that are still to go;
 * blocks may overlap. BEiT ends with more or fewer patches than asked for; here the count is exact:
 * a block that would take too many is cut short row by row, and when fewer than a least block are
 * to go, the blocks grow by them, where a patch has most removed neighbours. So every connected
 * region of removed patches holds at least a least block.
 *
 * @param grid the patches
 * @param keep K, patches kept
 * @param least the smallest block as a share of the grid, in (0, 1]
 */
public record BlockMask(PatchGrid grid, int keep, double least) implements MaskSampler {
  /** About 16 of 196 patches, BEiT's smallest block. */
  public static final double LEAST = 0.08;

  /** Blocks tried before those that are there grow; far more than it takes. */
  private static final int TRIES = 1000;

  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed, or the share is out of
   *     range
   */
  public BlockMask {
    grid.requireKeep(keep);
    requireShare(least);
  }

  static void requireShare(double least) {
    if (!(least > 0 && least <= 1)) {
      throw new IllegalArgumentException(
          "mask block: expected a least block of more than 0 and at most 1 of the grid, found "
              + least);
    }
  }

  @Override
  public Mask sample(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, CounterRandom.Purpose.MASK);
    return Mask.removing(blocks(random, grid, grid.size() - keep, least));
  }

  /** Exactly {@code count} patches in blocks; 0 gives none. */
  static boolean[] blocks(CounterRandom random, PatchGrid grid, int count, double least) {
    boolean[] removed = new boolean[grid.size()];
    int smallest = Math.max(1, (int) Math.round(Math.min(count, least * grid.size())));
    int left = count;
    for (int i = 0; i < TRIES && left >= smallest; i++) {
      int area = smallest + random.nextInt(left - smallest + 1);
      left -= Window.draw(random, grid, area).fill(removed, grid, left);
    }
    while (left-- > 0) {
      removed[mostSurrounded(removed, grid)] = true;
    }
    return removed;
  }

  /** The kept patch with most removed neighbours, the first of several. */
  private static int mostSurrounded(boolean[] removed, PatchGrid grid) {
    int best = -1;
    int most = -1;
    for (int patch = 0; patch < removed.length; patch++) {
      if (!removed[patch]) {
        int row = patch / grid.width();
        int column = patch % grid.width();
        int neighbours =
            at(removed, grid, row - 1, column)
                + at(removed, grid, row + 1, column)
                + at(removed, grid, row, column - 1)
                + at(removed, grid, row, column + 1);
        if (neighbours > most) {
          most = neighbours;
          best = patch;
        }
      }
    }
    return best;
  }

  private static int at(boolean[] removed, PatchGrid grid, int row, int column) {
    boolean inside = row >= 0 && row < grid.height() && column >= 0 && column < grid.width();
    return inside && removed[row * grid.width() + column] ? 1 : 0;
  }
}
