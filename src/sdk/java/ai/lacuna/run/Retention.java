package ai.lacuna.run;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which checkpoints of a run stay on disk.
 *
 * @param last how many of the newest, at least 1; with 1 a crash while the next one is written
 *     still leaves it
 * @param best how many of those with the lowest score, at least 0: those at an epoch's end, and of
 *     a run that {@code --max-steps} ends, are scored by the loss of held-out images where there
 *     are some, else by the mean loss of the epoch's steps
 */
public record Retention(int last, int best) {
  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public Retention {
    if (last < 1 || best < 0) {
      throw new IllegalArgumentException(
          "retention: expected to keep at least the last checkpoint and no fewer than 0 of the best,"
              + " found last "
              + last
              + ", best "
              + best);
    }
  }

  /** The two newest: one to resume from, and one before it. */
  public static Retention lastTwo() {
    return new Retention(2, 0);
  }

  /**
   * Those that no rule keeps.
   *
   * @param all checkpoints of a run, from old to new
   */
  List<Checkpoint> surplus(List<Checkpoint> all) {
    Set<Checkpoint> kept = new HashSet<>(all.subList(Math.max(0, all.size() - last), all.size()));
    all.stream()
        .filter(checkpoint -> !Double.isNaN(checkpoint.score()))
        .sorted(Comparator.comparingDouble(Checkpoint::score))
        .limit(best)
        .forEach(kept::add);
    return all.stream().filter(checkpoint -> !kept.contains(checkpoint)).toList();
  }
}
