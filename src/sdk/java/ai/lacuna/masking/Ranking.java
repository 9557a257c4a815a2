package ai.lacuna.masking;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Orders patches by a number. */
final class Ranking {
  private Ranking() {}

  /** Patches from the smallest value to the greatest; equal ones in the order of the image. */
  static int[] ascending(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(patch -> values[patch]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
