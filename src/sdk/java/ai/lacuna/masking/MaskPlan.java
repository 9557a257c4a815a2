package ai.lacuna.masking;

/**
 * How a run masks its images.
 *
 * @param strategy how the patches to remove are chosen
 * @param ratio share of the patches that is removed, by epoch
 */
public record MaskPlan(MaskStrategy strategy, RatioSchedule ratio) {
  /**
   * Uniform random masking at a constant ratio.
   *
   * @param ratio share of the patches that is removed, in (0, 1)
   * @throws IllegalArgumentException if the ratio is out of range
   */
  public MaskPlan(double ratio) {
    this(new MaskStrategy.Random(), new RatioSchedule.Constant(ratio));
  }

  /** Uniform random masking of 75 %, the paper's. */
  public static MaskPlan paper() {
    return new MaskPlan(0.75);
  }

  /**
   * Patches kept of {@code numPatches} in an epoch.
   *
   * @param numPatches N
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @throws IllegalArgumentException if none would be, or all
   */
  public int keep(int numPatches, long seed, int epoch) {
    return RandomMask.keep(numPatches, ratio.at(seed, epoch));
  }

  /**
   * Refuses ratios that no epoch could have.
   *
   * @param numPatches N
   * @throws IllegalArgumentException if none or all patches would be kept
   */
  public void requireFit(int numPatches) {
    // Every ratio of a schedule lies between its ends, and so do the counts.
    RandomMask.keep(numPatches, ratio.first());
    RandomMask.keep(numPatches, ratio.last());
  }
}
