package ai.lacuna.report;

import java.util.List;

/** How often images of one class were taken for another. */
public final class Confusion {
  private final List<String> classNames;
  private final int[][] counts;

  private Confusion(List<String> classNames, int[][] counts) {
    this.classNames = classNames;
    this.counts = counts;
  }

  /**
   * Counts.
   *
   * @param classNames the name of each label
   * @param expected the class of each image, {@code [images]}, from 0
   * @param predicted what each image was taken for, in the same order
   * @return the counts
   * @throws IllegalArgumentException if the lengths differ
   */
  public static Confusion of(List<String> classNames, int[] expected, int[] predicted) {
    if (expected.length != predicted.length) {
      throw new IllegalArgumentException(
          "predicted: expected " + expected.length + " labels, found " + predicted.length);
    }
    int[][] counts = new int[classNames.size()][classNames.size()];
    for (int i = 0; i < expected.length; i++) {
      counts[expected[i]][predicted[i]]++;
    }
    return new Confusion(List.copyOf(classNames), counts);
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
   * Returns a cell of the matrix.
   *
   * @param expected the class of the images
   * @param predicted the class that they were taken for
   * @return how many images
   */
  public int count(int expected, int predicted) {
    return counts[expected][predicted];
  }

  /**
   * Returns the size of a class.
   *
   * @param expected the class
   * @return how many images
   */
  public int total(int expected) {
    int total = 0;
    for (int count : counts[expected]) {
      total += count;
    }
    return total;
  }

  /**
   * Returns the share of a class's images that were recognised.
   *
   * @param expected the class
   * @return 0 to 1; 0 for a class without images
   */
  public double accuracy(int expected) {
    int total = total(expected);
    return total == 0 ? 0 : (double) counts[expected][expected] / total;
  }

  /**
   * Returns the share of all images that were recognised.
   *
   * @return 0 to 1; 0 without images
   */
  public double accuracy() {
    long right = 0;
    for (int i = 0; i < counts.length; i++) {
      right += counts[i][i];
    }
    return images() == 0 ? 0 : (double) right / images();
  }

  /**
   * Returns the number of all images.
   *
   * @return at least 0
   */
  public int images() {
    int all = 0;
    for (int i = 0; i < counts.length; i++) {
      all += total(i);
    }
    return all;
  }
}
