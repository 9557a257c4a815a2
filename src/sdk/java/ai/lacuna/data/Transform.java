package ai.lacuna.data;

import ai.lacuna.serving.Pixels;

/**
 * What the loader does to each image.
 *
 * <p>A pure function of its arguments: random transforms draw from {@link
 * ai.lacuna.random.CounterRandom} keyed by them. Called by several threads at once.
 */
@FunctionalInterface
public interface Transform {
  /**
   * Transforms one image.
   *
   * @param image the image as decoded; not to be written to
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param sampleId the id of the sample
   * @return the transformed image, or the same one
   */
  Pixels apply(Pixels image, long seed, long epoch, long sampleId);

  /**
   * Returns a transform that does this and then another.
   *
   * @param next what comes after
   * @return both
   */
  default Transform then(Transform next) {
    return (image, seed, epoch, sampleId) ->
        next.apply(apply(image, seed, epoch, sampleId), seed, epoch, sampleId);
  }

  /**
   * Returns the transform that makes images grey or coloured ({@link Pixels#withChannels}).
   *
   * @param n the channels of the results
   * @return the conversion
   */
  static Transform channels(int n) {
    return (image, seed, epoch, sampleId) -> image.withChannels(n);
  }

  /**
   * Returns the transform that changes nothing.
   *
   * @return the identity
   */
  static Transform none() {
    return (image, seed, epoch, sampleId) -> image;
  }
}
