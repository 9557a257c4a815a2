package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;

/**
 * Uniform random masking: every set of removed patches is equally likely (arXiv 2111.06377, section
 * 3). The count is exact.
 *
 * @param numPatches N
 * @param keep K, patches kept
 */
public record RandomMask(int numPatches, int keep) implements MaskSampler {
  /** So that ten patches at 0.9 keep one, although 10 · (1 − 0.9) falls just short of 1. */
  private static final double ROUNDING = 1e-9;

  /**
   * @throws IllegalArgumentException if no patch is kept, or none removed
   */
  public RandomMask {
    if (keep < 1 || keep >= numPatches) {
      throw new IllegalArgumentException(
          "keep: expected 1 to " + (numPatches - 1) + " visible patches, found " + keep);
    }
  }

  /**
   * Masks a share of the patches.
   *
   * @param numPatches N
   * @param ratio share removed, in (0, 1); K = ⌊N · (1 − ratio)⌋, as MAE rounds
   * @throws IllegalArgumentException if the ratio is out of range or leaves no patch
   */
  public static RandomMask ofRatio(int numPatches, double ratio) {
    return new RandomMask(numPatches, keep(numPatches, ratio));
  }

  /**
   * Patches kept at a mask ratio: ⌊N · (1 − ratio)⌋.
   *
   * @throws IllegalArgumentException if the ratio is outside of (0, 1), or keeps or removes none
   */
  public static int keep(int numPatches, double ratio) {
    int keep = count(numPatches, ratio);
    if (!(ratio > 0 && ratio < 1) || keep < 1 || keep >= numPatches) {
      throw new IllegalArgumentException(
          "mask ratio: expected more than 0 and less than 1, with at least one of "
              + numPatches
              + " patches kept and one removed, found "
              + ratio);
    }
    return keep;
  }

  /** ⌊N · (1 − ratio)⌋ for any ratio from 0 to 1, which may be all patches or none. */
  public static int count(int numPatches, double ratio) {
    return (int) (numPatches * (1 - ratio) + ROUNDING);
  }

  @Override
  public Mask sample(long seed, long epoch, long sampleId) {
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, CounterRandom.Purpose.MASK);
    return Mask.of(random.permutation(numPatches), keep);
  }
}
