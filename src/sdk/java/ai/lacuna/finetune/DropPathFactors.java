package ai.lacuna.finetune;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;

/**
 * Which residual branches are left out of training (arXiv 1603.09382). The rate of block i is i /
 * (depth − 1) of the last one's, as in timm; a single block is the first one, of rate 0.
 *
 * @param seed the run's seed
 * @param depth blocks of the encoder
 * @param rate of the last block, at least 0 and below 1
 */
public record DropPathFactors(long seed, int depth, double rate) {

  /**
   * Draws the factors of some samples.
   *
   * @param epoch the epoch, from 0
   * @param ids of the samples
   * @return [ids, 2 · depth], row by row: 0, or 1 / (1 − the branch's rate)
   */
  public float[] of(int epoch, long... ids) {
    float[] factors = new float[ids.length * 2 * depth];
    for (int i = 0; i < ids.length; i++) {
      CounterRandom random = CounterRandom.of(seed, epoch, ids[i], Purpose.DROP_PATH);
      for (int branch = 0; branch < 2 * depth; branch++) {
        double keep = 1 - rateOf(branch / 2);
        factors[i * 2 * depth + branch] = random.nextDouble() < keep ? (float) (1 / keep) : 0;
      }
    }
    return factors;
  }

  /** How often the branches of a block are left out. */
  double rateOf(int block) {
    return depth > 1 ? rate * block / (depth - 1) : 0;
  }
}
