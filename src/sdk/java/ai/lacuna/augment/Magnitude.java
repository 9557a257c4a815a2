package ai.lacuna.augment;

import ai.lacuna.random.CounterRandom;

/**
 * How strong an operation of {@link RandAugment} is.
 *
 * @param mean the middle, 0…{@link OperationKind#MAX_MAGNITUDE}
 * @param std the deviation of the normal noise around it, at least 0; infinite for magnitudes that
 *     are uniform from 0 to {@code mean}
 * @param max where magnitudes are cut, 0…{@link OperationKind#MAX_MAGNITUDE}; 10 in timm
 */
public record Magnitude(double mean, double std, double max) {
  /** Checks the ranges. */
  public Magnitude {
    Range.check("magnitude: max", max, 0, OperationKind.MAX_MAGNITUDE);
    Range.check("magnitude: mean", mean, 0, OperationKind.MAX_MAGNITUDE);
    Range.check("magnitude: std", std, 0, Double.POSITIVE_INFINITY);
  }

  /** Takes one number from the stream, or none without noise. */
  double draw(CounterRandom random) {
    double drawn = mean;
    if (std == Double.POSITIVE_INFINITY) {
      drawn = mean * random.nextDouble();
    } else if (std > 0) {
      drawn = mean + std * random.nextGaussian();
    }
    return Math.max(0, Math.min(max, drawn));
  }
}
