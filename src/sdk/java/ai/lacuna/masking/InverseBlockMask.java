package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;

/**
 * Keeps one contiguous window and removes the rest, as the context block of I-JEPA (arXiv
 * 2301.08243, section 3) and the inverse block masking of data2vec 2.0 (arXiv 2212.07525, section
 * 3.2).
 *
 * <p>The window is a rectangle of K patches; where no rectangle has that area, its first or last
 * row is cut short at one end.
 *
 * @param grid the patches
 * @param keep K, patches kept
 */
public record InverseBlockMask(PatchGrid grid, int keep) implements MaskSampler {
  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed
   */
  public InverseBlockMask {
    grid.requireKeep(keep);
  }

  @Override
  public Mask sample(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, CounterRandom.Purpose.MASK);
    boolean[] kept = new boolean[grid.size()];
    Window.draw(random, grid, keep).fill(kept, grid, keep);
    boolean[] removed = new boolean[kept.length];
    for (int patch = 0; patch < kept.length; patch++) {
      removed[patch] = !kept[patch];
    }
    return Mask.removing(removed);
  }
}
