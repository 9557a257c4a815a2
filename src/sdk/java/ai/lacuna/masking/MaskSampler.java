package ai.lacuna.masking;

import ai.lacuna.serving.Pixels;

/** Draws masks without looking at the image; a pure function of its arguments. */
@FunctionalInterface
public interface MaskSampler extends ImageMaskSampler {
  /**
   * The mask of one image in one epoch.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param sampleId the image's id
   */
  Mask sample(long seed, long epoch, long sampleId);

  @Override
  default Mask sample(long seed, long epoch, long sampleId, Pixels image) {
    return sample(seed, epoch, sampleId);
  }
}
