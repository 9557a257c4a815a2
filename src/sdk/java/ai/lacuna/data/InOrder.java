package ai.lacuna.data;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Work on samples by as many threads as there are processors, each of which takes the next one. So
 * they stay near each other, and data that can only be read in its order is read once: a parallel
 * stream begins at many places at once.
 */
final class InOrder {
  private InOrder() {}

  /**
   * Does something for each place; ends early when that throws.
   *
   * @param from the first place
   * @param to behind the last one
   * @param work may be done by several threads at once
   */
  static void forEach(int from, int to, IntConsumer work) {
    AtomicLong next = new AtomicLong(from);
    IntStream.rangeClosed(0, ForkJoinPool.getCommonPoolParallelism())
        .parallel()
        .forEach(
            worker -> {
              for (long at = next.getAndIncrement(); at < to; at = next.getAndIncrement()) {
                try {
                  work.accept((int) at);
                } catch (RuntimeException | Error e) {
                  next.set(to);
                  throw e;
                }
              }
            });
  }
}
