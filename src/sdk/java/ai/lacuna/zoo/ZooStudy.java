package ai.lacuna.zoo;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A figure with its spread: one way of training a classifier on an encoder, repeated with several
 * seeds.
 *
 * @param method the way, in a few words; the columns of {@link StudyTable}
 * @param setting its particulars
 * @param labels how many labelled images it was given; the rows of {@link StudyTable}
 * @param data on what it was judged
 * @param accuracies top-1, 0 to 100 %, of each repetition
 * @param seeds those of the repetitions, or none if one command repeated them all
 * @param run how to repeat the first one, and what all of them took
 */
public record ZooStudy(
    String method,
    String setting,
    int labels,
    Measurement.Data data,
    List<Double> accuracies,
    List<Long> seeds,
    ZooResult.Run run) {
  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if there is no label or no accuracy, one is not within 0 to
   *     100, or seeds are given, but not one for each
   */
  public ZooStudy {
    accuracies = List.copyOf(accuracies);
    seeds = List.copyOf(seeds);
    if (!seeds.isEmpty() && Set.copyOf(seeds).size() != accuracies.size()) {
      throw new IllegalArgumentException(
          "study: expected a seed for each of %s accuracies, found %s"
              .formatted(accuracies.size(), seeds));
    }
    if (labels < 1
        || accuracies.isEmpty()
        || !accuracies.stream().allMatch(value -> value >= 0 && value <= 100)) {
      throw new IllegalArgumentException(
          "study: expected labelled images, and accuracies of 0 to 100 %%, found %s and %s"
              .formatted(labels, accuracies));
    }
  }

  /** The mean of the accuracies, in percent. */
  public double mean() {
    return accuracies.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /** Their standard deviation, with n − 1 in the denominator; NaN for a single one. */
  public double deviation() {
    double mean = mean();
    double squares =
        accuracies.stream().mapToDouble(value -> (value - mean) * (value - mean)).sum();
    return Math.sqrt(squares / (accuracies.size() - 1));
  }

  /** For example {@code 84.10 ± 0.75 % (3 seeds)}. */
  public String text() {
    return accuracies.size() == 1
        ? String.format(Locale.ROOT, "%.2f %% (1 seed)", mean())
        : String.format(
            Locale.ROOT, "%.2f ± %.2f %% (%d seeds)", mean(), deviation(), accuracies.size());
  }

  /** The setting, and the seeds if there are any. */
  String particulars() {
    return seeds.isEmpty() ? setting : setting + ", seeds " + seeds;
  }

  /**
   * This study with the seeds that an older one of the same setting and command has besides.
   *
   * @param older one that this {@linkplain #repeats repeats}
   * @return this, if the older one is of other particulars or has no other seeds
   */
  ZooStudy with(ZooStudy older) {
    SortedMap<Long, Double> all = new TreeMap<>(older.bySeed());
    all.keySet().removeAll(seeds);
    boolean same = setting.equals(older.setting) && unseeded().equals(older.unseeded());
    if (seeds.isEmpty() || all.isEmpty() || !same) {
      return this;
    }
    double seconds = older.run.seconds() * all.size() / older.seeds.size() + run.seconds();
    all.putAll(bySeed());
    String command = (older.seeds.contains(all.firstKey()) ? older : this).run.command();
    return new ZooStudy(
        method,
        setting,
        labels,
        data,
        List.copyOf(all.values()),
        List.copyOf(all.keySet()),
        new ZooResult.Run(
            command,
            Math.round(10 * seconds) / 10.0,
            run.machine(),
            run.date(),
            run.weightsSha256()));
  }

  /** The command without what differs from seed to seed. */
  private String unseeded() {
    return run.command().replaceAll(" --(seed|out) \\S+", "");
  }

  private SortedMap<Long, Double> bySeed() {
    SortedMap<Long, Double> all = new TreeMap<>();
    for (int i = 0; i < seeds.size(); i++) {
      all.put(seeds.get(i), accuracies.get(i));
    }
    return all;
  }

  /** Whether another study is of the same thing, so that the newer replaces the older. */
  boolean repeats(ZooStudy other) {
    return method.equals(other.method)
        && labels == other.labels
        && data.dataset().equals(other.data.dataset())
        && data.split().equals(other.data.split());
  }
}
