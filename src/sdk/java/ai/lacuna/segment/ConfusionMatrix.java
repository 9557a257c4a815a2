package ai.lacuna.segment;

import java.util.ArrayList;
import java.util.List;

/** Counts pixels by what they are and what is said of them. */
final class ConfusionMatrix {
  private final int classes;

  /** [class that it is · classes + class that is said]. */
  private final long[] counts;

  ConfusionMatrix(int classes) {
    this.classes = classes;
    this.counts = new long[classes * classes];
  }

  void add(int is, int said) {
    counts[is * classes + said]++;
  }

  private long of(int is, int said) {
    return counts[is * classes + said];
  }

  /** Pixels that are of a class. */
  private long are(int label) {
    long sum = 0;
    for (int said = 0; said < classes; said++) {
      sum += of(label, said);
    }
    return sum;
  }

  /** Pixels that are said to be of a class. */
  private long said(int label) {
    long sum = 0;
    for (int is = 0; is < classes; is++) {
      sum += of(is, label);
    }
    return sum;
  }

  long pixels() {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  /** The share of pixels that are what is said of them; NaN of none. */
  double accuracy() {
    long right = 0;
    for (int label = 0; label < classes; label++) {
      right += of(label, label);
    }
    return (double) right / pixels();
  }

  /**
   * Intersection over union of each class: of the pixels that are of it or said to be, the share
   * that is both; NaN where there is none.
   */
  List<Double> intersectionOverUnion() {
    List<Double> shares = new ArrayList<>();
    for (int label = 0; label < classes; label++) {
      long both = of(label, label);
      shares.add((double) both / (are(label) + said(label) - both));
    }
    return shares;
  }
}
