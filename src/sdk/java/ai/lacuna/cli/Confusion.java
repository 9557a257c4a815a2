package ai.lacuna.cli;

import java.util.List;

/** How often images of one class were taken for another. */
final class Confusion {
  private final List<String> classNames;
  private final int[][] counts;

  private Confusion(List<String> classNames, int[][] counts) {
    this.classNames = classNames;
    this.counts = counts;
  }

  /** Counts; both arrays hold class indices, in the same order of images. */
  static Confusion of(List<String> classNames, int[] expected, int[] predicted) {
    if (expected.length != predicted.length) {
      throw new IllegalArgumentException(
          "predicted: expected " + expected.length + " labels, found " + predicted.length);
    }
    int[][] counts = new int[classNames.size()][classNames.size()];
    for (int i = 0; i < expected.length; i++) {
      counts[expected[i]][predicted[i]]++;
    }
    return new Confusion(classNames, counts);
  }

  List<String> classNames() {
    return classNames;
  }

  /** Images of class {@code expected} that were taken for {@code predicted}. */
  int count(int expected, int predicted) {
    return counts[expected][predicted];
  }

  /** Images of a class. */
  int total(int expected) {
    int total = 0;
    for (int count : counts[expected]) {
      total += count;
    }
    return total;
  }

  /** Share of a class's images that were recognised; 0 for a class without images. */
  double accuracy(int expected) {
    int total = total(expected);
    return total == 0 ? 0 : (double) counts[expected][expected] / total;
  }

  /** Share of all images that were recognised. */
  double accuracy() {
    long right = 0;
    for (int i = 0; i < counts.length; i++) {
      right += counts[i][i];
    }
    return images() == 0 ? 0 : (double) right / images();
  }

  /** All images. */
  int images() {
    int all = 0;
    for (int i = 0; i < counts.length; i++) {
      all += total(i);
    }
    return all;
  }
}
