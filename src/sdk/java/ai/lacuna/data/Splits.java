package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Divides labelled data into parts that keep the proportions of the classes. */
public final class Splits {
  private Splits() {}

  /**
   * Two parts of a data set.
   *
   * @param kept the greater or first part
   * @param heldOut the part held out
   */
  public record Split(Subset kept, Subset heldOut) {}

  /**
   * Holds out a part of each class.
   *
   * @param data labelled data
   * @param fraction the part held out, between 0 and 1; of each class it is rounded, but at least
   *     one sample is held out and one kept where the class has two
   * @param seed chooses which; the same seed gives the same split
   * @return both parts, each in the order of the data
   * @throws DataException if a sample has no label
   * @throws IOException if a label cannot be read
   */
  public static Split stratified(ImageDataset data, double fraction, long seed) throws IOException {
    boolean[] held = heldOut(labels(data), data.classNames().size(), fraction, seed);
    int[] kept = IntStream.range(0, held.length).filter(i -> !held[i]).toArray();
    int[] heldOut = IntStream.range(0, held.length).filter(i -> held[i]).toArray();
    return new Split(
        Subset.of(data, kept, data.name() + ", kept"),
        Subset.of(data, heldOut, data.name() + ", held out"));
  }

  /**
   * Chooses what {@link #stratified} holds out, for labels alone.
   *
   * @param labels the class of each sample, from 0 to {@code classes - 1}
   * @param classes the number of classes
   * @param fraction the part held out, between 0 and 1
   * @param seed chooses which
   * @return for each sample, whether it is held out
   */
  public static boolean[] heldOut(int[] labels, int classes, double fraction, long seed) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new IllegalArgumentException(
          "fraction held out: expected between 0 and 1, found " + fraction);
    }
    boolean[] held = new boolean[labels.length];
    int[][] byClass = byClass(labels, classes);
    for (int label = 0; label < classes; label++) {
      int n = byClass[label].length;
      int count = (int) Math.rint(n * fraction);
      count = n < 2 ? 0 : Math.max(1, Math.min(n - 1, count));
      for (int index : draw(byClass[label], count, seed, label)) {
        held[index] = true;
      }
    }
    return held;
  }

  /**
   * Draws the same number of samples of each class.
   *
   * @param data labelled data
   * @param perClass how many of each
   * @param seed chooses which
   * @return the sample, in the order of the data
   * @throws DataException if a class has fewer, or a sample has no label
   * @throws IOException if a label cannot be read
   */
  public static Subset balanced(ImageDataset data, int perClass, long seed) throws IOException {
    int[][] byClass = byClass(labels(data), data.classNames().size());
    int[] drawn = new int[Math.multiplyExact(perClass, byClass.length)];
    for (int label = 0; label < byClass.length; label++) {
      if (byClass[label].length < perClass) {
        throw new DataException(
            "%s, class %s: expected at least %s, found %s; draw fewer"
                .formatted(
                    data.name(),
                    data.classNames().get(label),
                    Counted.of(perClass, "sample"),
                    byClass[label].length));
      }
      int[] some = draw(byClass[label], perClass, seed, label);
      System.arraycopy(some, 0, drawn, label * perClass, perClass);
    }
    Arrays.sort(drawn);
    return Subset.of(data, drawn, data.name() + ", " + perClass + " per class");
  }

  /**
   * Draws the same number of samples of each class, for labels alone.
   *
   * @param labels the class of each sample, from 0 to {@code classes - 1}
   * @param classes the number of classes
   * @param perClass how many of each, at most as many as there are
   * @param seed chooses which
   * @param draw a number from 0; each gives another choice
   * @return for each sample, whether it is drawn
   */
  public static boolean[] drawn(int[] labels, int classes, int perClass, long seed, int draw) {
    boolean[] drawn = new boolean[labels.length];
    int[][] byClass = byClass(labels, classes);
    for (int label = 0; label < classes; label++) {
      if (byClass[label].length < perClass) {
        throw new DataException(
            "class %s: expected at least %s, found %s; draw fewer"
                .formatted(label, Counted.of(perClass, "sample"), byClass[label].length));
      }
      int[] order =
          CounterRandom.of(seed, draw, label, Purpose.SPLIT).permutation(byClass[label].length);
      for (int i = 0; i < perClass; i++) {
        drawn[byClass[label][order[i]]] = true;
      }
    }
    return drawn;
  }

  private static int[] draw(int[] indices, int count, long seed, int label) {
    int[] order = CounterRandom.of(seed, 0, label, Purpose.SPLIT).permutation(indices.length);
    return Arrays.stream(order).limit(count).map(i -> indices[i]).toArray();
  }

  private static int[] labels(ImageDataset data) throws IOException {
    int classes = data.classNames().size();
    int[] labels = new int[data.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = data.label(i);
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new DataException(
            "%s, sample %s: expected a label from 0 to %s, found %s; give labelled data"
                .formatted(data.name(), i, classes - 1, labels[i]));
      }
    }
    return labels;
  }

  /** The indices of each class. */
  private static int[][] byClass(int[] labels, int classes) {
    int[] counts = new int[classes];
    for (int label : labels) {
      counts[label]++;
    }
    int[][] byClass = Arrays.stream(counts).mapToObj(int[]::new).toArray(int[][]::new);
    for (int i = labels.length - 1; i >= 0; i--) {
      byClass[labels[i]][--counts[labels[i]]] = i;
    }
    return byClass;
  }
}
