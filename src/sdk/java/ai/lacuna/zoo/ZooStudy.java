package ai.lacuna.zoo;

import java.util.List;
import java.util.Locale;

/**
 * A figure with its spread: one way of training a classifier on an encoder, repeated with several
 * seeds.
 *
 * @param method the way, in a few words; the columns of {@link StudyTable}
 * @param setting its particulars
 * @param labels how many labelled images it was given; the rows of {@link StudyTable}
 * @param data on what it was judged
 * @param accuracies top-1, 0 to 100 %, of each repetition
 * @param run how to repeat the first one, and what all of them took
 */
public record ZooStudy(
    String method,
    String setting,
    int labels,
    Measurement.Data data,
    List<Double> accuracies,
    ZooResult.Run run) {
  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if there is no label or no accuracy, or one is not within 0 to
   *     100
   */
  public ZooStudy {
    accuracies = List.copyOf(accuracies);
    if (labels < 1
        || accuracies.isEmpty()
        || !accuracies.stream().allMatch(value -> value >= 0 && value <= 100)) {
      throw new IllegalArgumentException(
          "study: expected labelled images, and accuracies of 0 to 100 %%, found %d and %s"
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

  /** Whether another study is of the same thing, so that the newer replaces the older. */
  boolean repeats(ZooStudy other) {
    return method.equals(other.method)
        && labels == other.labels
        && data.dataset().equals(other.data.dataset())
        && data.split().equals(other.data.split());
  }
}
