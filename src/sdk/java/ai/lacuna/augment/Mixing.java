package ai.lacuna.augment;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;

/**
 * Mixes the images of a batch and their labels: mixup (arXiv 1710.09412) or cutmix (arXiv
 * 1905.04899), one draw for the batch, as in the image library timm.
 *
 * <p>Image {@code i} of {@code n} is mixed with image {@code n - 1 - i}. MAE fine-tunes with mixup
 * 0.8, cutmix 1, and either of them for every batch ({@link #mae}).
 *
 * @param mixupAlpha both parameters of mixup's beta distribution, 0 for no mixup
 * @param cutmixAlpha both parameters of cutmix's beta distribution, 0 for no cutmix
 * @param probability how often a batch is mixed, 0…1
 * @param switchProbability how often it is by cutmix where both are on, 0…1
 */
public record Mixing(
    double mixupAlpha, double cutmixAlpha, double probability, double switchProbability) {
  private static final double MAX_ALPHA = 1e6;

  /** Checks the ranges. */
  public Mixing {
    Range.check("mixing: mixup alpha", mixupAlpha, 0, MAX_ALPHA);
    Range.check("mixing: cutmix alpha", cutmixAlpha, 0, MAX_ALPHA);
    Range.check("mixing: probability", probability, 0, 1);
    Range.check("mixing: switch probability", switchProbability, 0, 1);
  }

  /**
   * The mixing of MAE's fine-tuning.
   *
   * @return mixup 0.8, cutmix 1, always, each half of the time
   */
  public static Mixing mae() {
    return new Mixing(0.8, 1, 1, 0.5);
  }

  /**
   * No mixing.
   *
   * @return one whose every draw leaves images and labels as they are
   */
  public static Mixing none() {
    return new Mixing(0, 0, 0, 0);
  }

  /**
   * Draws how a batch is mixed.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param batch the batch's place in the epoch, from 0
   * @param height the height of the images
   * @param width the width of the images
   * @return the mixture
   */
  public Mix draw(long seed, long epoch, long batch, int height, int width) {
    CounterRandom random = CounterRandom.of(seed, epoch, batch, Purpose.MIXUP);
    boolean mixes = random.nextDouble() < probability;
    boolean switched = random.nextDouble() < switchProbability;
    if (!mixes || (mixupAlpha == 0 && cutmixAlpha == 0)) {
      return Mix.none();
    }
    boolean cut = mixupAlpha == 0 || (cutmixAlpha > 0 && switched);
    double lambda = Beta.draw(cut ? cutmixAlpha : mixupAlpha, random);
    if (!cut) {
      return new Mix.Blend(lambda);
    }
    int y = random.nextInt(height);
    int x = random.nextInt(width);
    return Mix.Cut.around(y, x, lambda, height, width);
  }
}
