package ai.lacuna.finetune;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** How many training images each class has, and which they are. */
final class ClassCounts {
  private final ImageDataset data;
  private final List<List<Integer>> byClass = new ArrayList<>();

  private ClassCounts(ImageDataset data) {
    this.data = data;
  }

  /**
   * Counts.
   *
   * @throws DataException if there is one class only, a class without an image, or a label out of
   *     range
   */
  static ClassCounts of(ImageDataset data) throws IOException {
    requireSeveral(data);
    List<String> names = data.classNames();
    ClassCounts counts = new ClassCounts(data);
    names.forEach(name -> counts.byClass.add(new ArrayList<>()));
    for (int i = 0; i < data.size(); i++) {
      int label = data.label(i);
      if (label < 0 || label >= names.size()) {
        throw new DataException(
            "%s, sample %s: expected a label from 0 to %s, found %s; give labelled data"
                .formatted(data.name(), i, names.size() - 1, label));
      }
      counts.byClass.get(label).add(i);
    }
    List<String> missing =
        IntStream.range(0, names.size())
            .filter(label -> counts.byClass.get(label).isEmpty())
            .mapToObj(names::get)
            .toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          "%s: expected images of every class, found none of %s; add some or drop these classes"
              .formatted(data.name(), missing));
    }
    return counts;
  }

  /**
   * Checks that there is something to tell apart.
   *
   * @throws DataException if there are less than two classes
   */
  static void requireSeveral(ImageDataset data) {
    if (data.classNames().size() < 2) {
      throw new DataException(
          "%s: expected at least 2 classes, found %s; add another class"
              .formatted(data.name(), data.classNames()));
    }
  }

  /** The weight of an image of a class: n / (classes · images of the class). */
  double weight(int label) {
    return (double) data.size() / byClass.size() / byClass.get(label).size();
  }

  /**
   * As many draws as there are images, each of a class at random and then of an image of it; an
   * image that is drawn again is another sample.
   */
  ImageDataset balanced(long seed, long epoch) {
    CounterRandom random = CounterRandom.of(seed, epoch, 0, Purpose.SPLIT);
    int[] indices = new int[data.size()];
    for (int i = 0; i < indices.length; i++) {
      List<Integer> members = byClass.get(random.nextInt(byClass.size()));
      indices[i] = members.get(random.nextInt(members.size()));
    }
    return Draws.of(data, indices);
  }
}
