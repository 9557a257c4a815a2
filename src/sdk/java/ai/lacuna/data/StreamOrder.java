package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * In which order shards are read that can only be read in their order, and their samples given out.
 *
 * <p>Shuffled, the shards come in a random order, and their samples pass a buffer from which the
 * next one is drawn; both are pure functions of seed and epoch, known before anything is read.
 * Whoever reads the shards in the order {@code shards} has each sample of {@code samples} in time
 * with at most a buffer of others waiting.
 *
 * @param shards the shards' numbers, in the order of reading
 * @param samples places of samples in all shards, in the order of giving out
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
record StreamOrder(int[] shards, int[] samples) {

  /**
   * Shards and samples as they lie.
   *
   * @param wanted the places of the samples that are given out
   */
  static StreamOrder natural(Shards shards, BitSet wanted) {
    return new StreamOrder(IntStream.range(0, shards.count()).toArray(), wanted.stream().toArray());
  }

  /**
   * Shuffles.
   *
   * @param wanted the places of the samples that are given out
   * @param buffer the samples that wait to be drawn, at least 1, which leaves shards in themselves
   *     as they are
   */
  static StreamOrder shuffled(Shards shards, BitSet wanted, int buffer, long seed, long epoch) {
    int[] order = CounterRandom.of(seed, epoch, 0, Purpose.ORDER).permutation(shards.count());
    CounterRandom random = CounterRandom.of(seed, epoch, 1, Purpose.ORDER);
    int[] samples = new int[wanted.cardinality()];
    int[] waiting = new int[Math.min(buffer, samples.length)];
    int filled = 0;
    int given = 0;
    for (int shard : order) {
      int end = shards.first(shard + 1);
      for (int i = wanted.nextSetBit(shards.first(shard));
          i >= 0 && i < end;
          i = wanted.nextSetBit(i + 1)) {
        if (filled < waiting.length) {
          waiting[filled++] = i;
        } else {
          int drawn = random.nextInt(filled);
          samples[given++] = waiting[drawn];
          waiting[drawn] = i;
        }
      }
    }
    for (int place : random.permutation(filled)) {
      samples[given++] = waiting[place];
    }
    return new StreamOrder(order, samples);
  }
}
