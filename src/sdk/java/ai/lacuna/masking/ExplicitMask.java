package ai.lacuna.masking;

import java.util.Set;
import java.util.function.LongFunction;

/**
 * The caller's own masks: one for all images, or one for each, the same in every epoch. {@code
 * PretrainerBuilder.masks} takes them.
 */
public final class ExplicitMask implements MaskSampler {
  private final LongFunction<Mask> masks;

  private ExplicitMask(LongFunction<Mask> masks) {
    this.masks = masks;
  }

  /**
   * One mask for all images.
   *
   * @param grid the patches
   * @param removed the patches removed, at least one and not all
   * @throws IllegalArgumentException if a patch is outside of the grid, or none or all are removed
   */
  public static ExplicitMask of(PatchGrid grid, Set<Integer> removed) {
    boolean[] gone = new boolean[grid.size()];
    for (int patch : removed) {
      if (patch < 0 || patch >= gone.length) {
        throw new IllegalArgumentException(
            "mask: expected patches of 0 to " + (gone.length - 1) + ", found " + patch);
      }
      gone[patch] = true;
    }
    grid.requireKeep(grid.size() - removed.size());
    Mask mask = Mask.removing(gone);
    return new ExplicitMask(id -> mask);
  }

  /**
   * A mask for each image.
   *
   * @param masks the mask of a sample's id; a pure function, called by any thread
   */
  public static ExplicitMask of(LongFunction<Mask> masks) {
    return new ExplicitMask(masks);
  }

  @Override
  public Mask sample(long seed, long epoch, long sampleId) {
    return masks.apply(sampleId);
  }
}
