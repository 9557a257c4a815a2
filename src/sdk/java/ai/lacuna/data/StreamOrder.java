package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
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

  /** Shards and samples as they lie. */
  static StreamOrder natural(Shards shards) {
    return new StreamOrder(
        IntStream.range(0, shards.count()).toArray(), IntStream.range(0, shards.size()).toArray());
  }

  /**
   * Shuffles.
   *
   * @param buffer the samples that wait to be drawn, at least 1, which leaves shards in themselves
   *     as they are
   */
  static StreamOrder shuffled(Shards shards, int buffer, long seed, long epoch) {
    int[] order = CounterRandom.of(seed, epoch, 0, Purpose.ORDER).permutation(shards.count());
    CounterRandom random = CounterRandom.of(seed, epoch, 1, Purpose.ORDER);
    int[] waiting = new int[Math.min(buffer, shards.size())];
    int[] samples = new int[shards.size()];
    int filled = 0;
    int given = 0;
    for (int shard : order) {
      for (int i = shards.first(shard); i < shards.first(shard + 1); i++) {
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
