package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;

/**
 * Keeps a regular lattice: at a ratio of 0.75 one patch of every 2 × 2, the grid-wise sampling of
 * MAE (arXiv 2111.06377, figure 6 and table 1f).
 *
 * <p>For any other count, patches are kept in the order of a Bayer matrix of ordered dithering
 * (Bayer, ICC 1973), which halves the lattice again and again: 1 of 4 × 4, then 2 (a checkerboard
 * of them), 3, 4, which is 1 of 2 × 2, and so on. Every aligned 2 × 2 then holds as many kept
 * patches as any other, or one more. The matrix begins at a random place.
 *
 * @param grid the patches
 * @param keep K, patches kept
 */
public record GridMask(PatchGrid grid, int keep) implements MaskSampler {
  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed
   */
  public GridMask {
    grid.requireKeep(keep);
  }

  @Override
  public Mask sample(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, CounterRandom.Purpose.MASK);
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(grid.height(), grid.width()));
    int side = 1 << bits;
    int down = random.nextInt(side);
    int right = random.nextInt(side);
    double[] ranks = new double[grid.size()];
    for (int patch = 0; patch < ranks.length; patch++) {
      int row = (patch / grid.width() + down) % side;
      int column = (patch % grid.width() + right) % side;
      ranks[patch] = rank(row, column, bits);
    }
    return Mask.of(Ranking.ascending(ranks), keep);
  }

  /**
   * The element of the Bayer matrix of side 2^bits: reversed bits of column ^ row and row, in turn.
   */
  private static double rank(int row, int column, int bits) {
    long rank = 0;
    for (int bit = 0; bit < bits; bit++) {
      rank = rank << 2 | (row >> bit & 1L) | ((row ^ column) >> bit & 1L) << 1;
    }
    return rank;
  }
}
