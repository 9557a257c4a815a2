package ai.lacuna.probe;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** How a classifier did on labelled images: accuracies and the confusion matrix. */
public final class Evaluation {
  /** The part of an interval of 95 % that is missing at each end. */
  private static final double BELOW = 0.025;

  private final List<String> classNames;
  private final int[] expected;
  private final int[] predicted;
  private final int[][] confusion;
  private final float[] confidence;
  private final int rightInFive;

  private Evaluation(
      List<String> classNames,
      int[] expected,
      int[] predicted,
      float[] confidence,
      int rightInFive) {
    this.classNames = classNames;
    this.expected = expected;
    this.predicted = predicted;
    this.confidence = confidence;
    this.rightInFive = rightInFive;
    this.confusion = new int[classNames.size()][classNames.size()];
    for (int i = 0; i < expected.length; i++) {
      confusion[expected[i]][predicted[i]]++;
    }
  }

  /** The probabilities of an image's classes. */
  @FunctionalInterface
  interface Probabilities {
    float[] of(int image);
  }

  /** Classifies features and compares. */
  static Evaluation of(LinearHead head, FeatureTable table) {
    return of(
        head.classNames(),
        table.labels(),
        row -> softmax(head.logits(table.values(), row * table.columns())));
  }

  /** Compares with the most probable classes; of equal ones the lower counts as more probable. */
  static Evaluation of(List<String> classNames, int[] labels, Probabilities probabilities) {
    int[] predicted = new int[labels.length];
    float[] confidence = new float[labels.length];
    int rightInFive = 0;
    for (int i = 0; i < predicted.length; i++) {
      float[] p = probabilities.of(i);
      int label = labels[i];
      int before = 0;
      for (int c = 0; c < p.length; c++) {
        predicted[i] = p[c] > p[predicted[i]] ? c : predicted[i];
        before += p[c] > p[label] || (p[c] == p[label] && c < label) ? 1 : 0;
      }
      confidence[i] = p[predicted[i]];
      rightInFive += before < 5 ? 1 : 0;
    }
    return new Evaluation(classNames, labels, predicted, confidence, rightInFive);
  }

  private static float[] softmax(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    float[] probabilities = new float[logits.length];
    for (int c = 0; c < logits.length; c++) {
      probabilities[c] = (float) (Math.exp(logits[c] - most) / sum);
    }
    return probabilities;
  }

  /**
   * Returns the classes.
   *
   * @return the name of each label
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * Returns the number of images.
   *
   * @return at least 1
   */
  public int images() {
    return expected.length;
  }

  /**
   * Returns the number of images whose class got the greatest logit.
   *
   * @return at least 0
   */
  public int right() {
    int right = 0;
    for (int c = 0; c < confusion.length; c++) {
      right += confusion[c][c];
    }
    return right;
  }

  /**
   * Returns the share of images whose class got the greatest logit.
   *
   * @return 0…1
   */
  public double top1() {
    return (double) right() / expected.length;
  }

  /**
   * Returns the same in percent, divided once: 9,071 of 10,000 are 90.71, not 90.71000000000001.
   *
   * @return 0…100
   */
  public double top1Percent() {
    return 100.0 * right() / expected.length;
  }

  /**
   * Returns the share of images whose class is among the five greatest logits.
   *
   * @return 0…1
   */
  public double top5() {
    return (double) rightInFive / expected.length;
  }

  /**
   * Returns the share of a class's images that were recognised.
   *
   * @param label the class
   * @return 0…1; NaN for a class without images
   */
  public double accuracy(int label) {
    int all = 0;
    for (int count : confusion[label]) {
      all += count;
    }
    return (double) confusion[label][label] / all;
  }

  /**
   * Returns a cell of the confusion matrix.
   *
   * @param label the class of the images
   * @param taken the class that they were taken for
   * @return how many images
   */
  public int count(int label, int taken) {
    return confusion[label][taken];
  }

  /**
   * Returns the class of each image.
   *
   * @return a copy, {@code [images]}
   */
  public int[] expected() {
    return expected.clone();
  }

  /**
   * Returns what each image was taken for.
   *
   * @return a copy, {@code [images]}
   */
  public int[] predicted() {
    return predicted.clone();
  }

  /**
   * Returns how probable each image's class was to the classifier, whether right or not.
   *
   * @return a copy, {@code [images]}, 0…1
   */
  public float[] confidence() {
    return confidence.clone();
  }

  /**
   * Returns the images that were taken for another class, the most confident first.
   *
   * @param most how many at most
   * @return indices of images
   */
  public List<Integer> confidentMistakes(int most) {
    return IntStream.range(0, expected.length)
        .filter(i -> expected[i] != predicted[i])
        .boxed()
        .sorted(Comparator.comparing((Integer i) -> -confidence[i]))
        .limit(most)
        .toList();
  }

  /**
   * A range that holds the true accuracy in 95 of 100 cases.
   *
   * @param low its lower end, 0…1
   * @param high its upper end, 0…1
   */
  public record Interval(double low, double high) {}

  /**
   * Estimates how far another draw of as many test images would move the accuracy: percentiles 2.5
   * and 97.5 over bootstrap samples (Efron and Tibshirani 1993, section 13.3). Where all images are
   * right, or none is, every sample is like the other; then it is the exact interval of the
   * binomial distribution (Clopper and Pearson 1934).
   *
   * @param samples how many, at least 40; 1000 are usual
   * @param seed chooses the images of each; the same seed gives the same interval
   * @return the interval of {@link #top1}
   * @throws IllegalArgumentException if there are fewer samples
   */
  public Interval interval(int samples, long seed) {
    if (samples < 40) {
      throw new IllegalArgumentException(
          "bootstrap: expected at least 40 samples, found " + samples);
    }
    double least = Math.pow(BELOW, 1.0 / expected.length);
    if (right() == expected.length) {
      return new Interval(least, 1);
    }
    if (right() == 0) {
      return new Interval(0, 1 - least);
    }
    double[] accuracies = new double[samples];
    for (int s = 0; s < samples; s++) {
      CounterRandom random = CounterRandom.of(seed, 1, s, Purpose.SPLIT);
      int right = 0;
      for (int i = 0; i < expected.length; i++) {
        int drawn = random.nextInt(expected.length);
        right += expected[drawn] == predicted[drawn] ? 1 : 0;
      }
      accuracies[s] = (double) right / expected.length;
    }
    Arrays.sort(accuracies);
    int outside = samples / 40;
    return new Interval(accuracies[outside], accuracies[samples - 1 - outside]);
  }
}
