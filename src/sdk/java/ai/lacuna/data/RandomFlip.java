package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Pixels;

/**
 * Mirrors some images, left to right.
 *
 * @param probability how often, 0…1
 */
public record RandomFlip(double probability) implements Transform {
  /**
   * @throws IllegalArgumentException if the probability is out of range
   */
  public RandomFlip {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException("flip probability: expected 0 to 1, found " + probability);
    }
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    double drawn = CounterRandom.of(seed, epoch, sampleId, Purpose.FLIP).nextDouble();
    return drawn < probability ? image.flipped() : image;
  }
}
