package ai.lacuna.random;

import java.util.random.RandomGenerator;

/**
 * A stream of random numbers that is a pure function of its key.
 *
 * <p>Two streams with the same key are equal; streams whose keys differ in any part are independent
 * for every practical purpose. The key is mixed with the finaliser of SplitMix64 (Steele, Lea and
 * Flood, OOPSLA 2014), and the stream itself is SplitMix64. Instances are cheap: make one for each
 * sample. Not safe for use by several threads at once.
 */
public final class CounterRandom implements RandomGenerator {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  private CounterRandom(long state) {
    this.state = state;
  }

  /** What a stream is used for; two purposes never share numbers. */
  public enum Purpose {
    /** The order of samples in an epoch. */
    ORDER(1),
    /** Random resized crop. */
    CROP(2),
    /** Horizontal flip. */
    FLIP(3),
    /** Which patches are removed. */
    MASK(4),
    /** Initial weights. */
    WEIGHTS(5),
    /** Mixup and cutmix. */
    MIXUP(6),
    /** The operations of RandAugment. */
    AUGMENT(7),
    /** Splits of a data set and draws of samples. */
    SPLIT(8),
    /** Which samples stand in for damaged ones. */
    REPLACEMENT(9),
    /** The share of patches that an epoch removes. */
    MASK_RATIO(10),
    /** Jitter of colours. */
    COLOUR(11),
    /** Erased rectangles. */
    ERASE(12),
    /** Shifts by a few pixels. */
    SHIFT(13),
    /** Which residual branches are left out. */
    DROP_PATH(14);

    private final int code;

    Purpose(int code) {
      this.code = code;
    }
  }

  /**
   * Opens the stream of one sample.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @param sampleId the sample's id in its data set, or any other index
   * @param purpose what the numbers are for
   * @return the stream, at its start
   */
  public static CounterRandom of(long seed, long epoch, long sampleId, Purpose purpose) {
    long key = mix(seed + GOLDEN_GAMMA);
    key = mix(key ^ (epoch + 1) * GOLDEN_GAMMA);
    key = mix(key ^ (sampleId + 1) * GOLDEN_GAMMA);
    key = mix(key ^ purpose.code * GOLDEN_GAMMA);
    return new CounterRandom(key);
  }

  @Override
  public long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /**
   * Draws a permutation of 0 … n−1, each equally likely (Fisher-Yates).
   *
   * @param n the number of elements, at least 0
   * @return a new array
   */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
