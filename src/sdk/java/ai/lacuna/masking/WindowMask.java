package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;

/**
 * Removes one contiguous window of random shape and place, as a cloud or the frame of an instrument
 * would.
 *
 * <p>The window is a rectangle of N − K patches; where no rectangle has that area, its first or
 * last row is cut short at one end. Its sides have a ratio of 0.3 to 1 / 0.3 where the grid allows.
 *
 * @param grid the patches
 * @param keep K, patches kept
 */
public record WindowMask(PatchGrid grid, int keep) implements MaskSampler {
  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed
   */
  public WindowMask {
    grid.requireKeep(keep);
  }

  @Override
  public Mask sample(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, CounterRandom.Purpose.MASK);
    int count = grid.size() - keep;
    boolean[] removed = new boolean[grid.size()];
    Window.draw(random, grid, count).fill(removed, grid, count);
    return Mask.removing(removed);
  }
}
