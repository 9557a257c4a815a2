package ai.lacuna.augment;

import ai.lacuna.random.CounterRandom;

/**
 * Draws from symmetric beta distributions.
 *
 * <p>A ratio of two gamma variates, each by the method of Marsaglia and Tsang (ACM TOMS 26, 2000),
 * in logarithms, so that small parameters do not underflow.
 */
final class Beta {
  /** Where the squeeze of the method accepts without a logarithm. */
  private static final double SQUEEZE = 0.0331;

  private Beta() {}

  /** A number of Beta(alpha, alpha), 0…1; alpha is more than 0. */
  static double draw(double alpha, CounterRandom random) {
    double first = logGamma(alpha, random);
    double second = logGamma(alpha, random);
    return 1 / (1 + Math.exp(second - first));
  }

  /** The logarithm of a number of Gamma(shape, 1). */
  private static double logGamma(double shape, CounterRandom random) {
    if (shape < 1) {
      // Gamma(shape) is Gamma(shape + 1) times U^(1/shape).
      double boost = Math.log(positive(random)) / shape;
      return logGamma(shape + 1, random) + boost;
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double root = 1 + c * x;
      if (root > 0) {
        double v = root * root * root;
        double u = positive(random);
        double square = x * x;
        if (u < 1 - SQUEEZE * square * square
            || Math.log(u) < square / 2 + d * (1 - v + Math.log(v))) {
          return Math.log(d * v);
        }
      }
    }
  }

  /** Uniform above 0, at most 1. */
  private static double positive(CounterRandom random) {
    return 1 - random.nextDouble();
  }
}
