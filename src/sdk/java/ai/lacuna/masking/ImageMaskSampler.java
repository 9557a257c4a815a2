package ai.lacuna.masking;

import ai.lacuna.serving.Pixels;

/**
 * Draws masks that may depend on what the image shows; a pure function of its arguments, safe for
 * use by several threads. A {@link MaskSampler} is one that does not look.
 */
@FunctionalInterface
public interface ImageMaskSampler {
  /**
   * The mask of one image in one epoch.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param sampleId the image's id
   * @param image the image as the network sees it: cropped, resized and mirrored
   */
  Mask sample(long seed, long epoch, long sampleId, Pixels image);
}
