package ai.lacuna.masking;

/** Draws masks; a pure function of its arguments. */
@FunctionalInterface
public interface MaskSampler {
  /**
   * The mask of one image in one epoch.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param sampleId the image's id
   */
  Mask sample(long seed, long epoch, long sampleId);
}
