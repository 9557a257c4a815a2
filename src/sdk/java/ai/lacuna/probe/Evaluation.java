package ai.lacuna.probe;

import java.util.List;

/** How a classifier did on labelled images: accuracies and the confusion matrix. */
public final class Evaluation {
  private final List<String> classNames;
  private final int[] expected;
  private final int[] predicted;
  private final int[][] confusion;
  private final int rightInFive;

  private Evaluation(List<String> classNames, int[] expected, int[] predicted, int rightInFive) {
    this.classNames = classNames;
    this.expected = expected;
    this.predicted = predicted;
    this.rightInFive = rightInFive;
    this.confusion = new int[classNames.size()][classNames.size()];
    for (int i = 0; i < expected.length; i++) {
      confusion[expected[i]][predicted[i]]++;
    }
  }

  /** Classifies features and compares. */
  static Evaluation of(LinearHead head, FeatureTable table) {
    int[] predicted = new int[table.rows()];
    int rightInFive = 0;
    for (int i = 0; i < predicted.length; i++) {
      float[] logits = head.logits(table.values(), i * table.columns());
      int label = table.labels()[i];
      int above = 0;
      for (int c = 0; c < logits.length; c++) {
        predicted[i] = logits[c] > logits[predicted[i]] ? c : predicted[i];
        above += logits[c] > logits[label] ? 1 : 0;
      }
      rightInFive += above < 5 ? 1 : 0;
    }
    return new Evaluation(head.classNames(), table.labels(), predicted, rightInFive);
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
   * Returns the share of images whose class got the greatest logit.
   *
   * @return 0…1
   */
  public double top1() {
    int right = 0;
    for (int c = 0; c < confusion.length; c++) {
      right += confusion[c][c];
    }
    return (double) right / expected.length;
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
}
