package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.serving.Pixels;

/**
 * Draws patches one after the other, each in proportion to its weight among those left, until there
 * are enough; they are removed, or they are the ones that stay.
 *
 * <p>Weighted sampling without replacement: the patches with the greatest log(u) / weight, u
 * uniform in (0, 1] (Efraimidis and Spirakis, Information Processing Letters 97, 2006), which is
 * the Gumbel-top-k trick on log-weights. Patches of weight 0 come last, in random order.
 *
 * @param grid the patches
 * @param keep K, patches kept
 * @param weights what patches weigh
 * @param prefer what happens to heavy patches
 */
public record WeightedMask(PatchGrid grid, int keep, PatchWeights weights, Prefer prefer)
    implements ImageMaskSampler {
  /** In place of 0, so that keys stay finite. */
  private static final double LEAST_WEIGHT = 1e-300;

  /** What happens to the patches that are drawn. */
  public enum Prefer {
    /** Heavy patches are removed. */
    REMOVE,
    /** Heavy patches are kept. */
    KEEP
  }

  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed
   */
  public WeightedMask {
    grid.requireKeep(keep);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if there are not N weights, or one is negative or not finite
   */
  @Override
  public Mask sample(long seed, long epoch, long sampleId, Pixels image) {
    double[] weight = weights.of(sampleId, image);
    grid.requireSize(weight.length, "mask weights");
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, CounterRandom.Purpose.MASK);
    double[] keys = new double[weight.length];
    for (int patch = 0; patch < keys.length; patch++) {
      if (!(weight[patch] >= 0 && weight[patch] <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "mask weights: expected finite numbers of at least 0, found "
                + weight[patch]
                + " for patch "
                + patch);
      }
      double key = Math.log(1 - random.nextDouble()) / Math.max(weight[patch], LEAST_WEIGHT);
      // Mask.of keeps the first in order: the drawn ones, with the greatest keys, or the others.
      keys[patch] = prefer == Prefer.KEEP ? -key : key;
    }
    return Mask.of(Ranking.ascending(keys), keep);
  }
}
