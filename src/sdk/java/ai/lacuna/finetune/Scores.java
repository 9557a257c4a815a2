package ai.lacuna.finetune;

import ai.lacuna.vit.HeadConfig.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a network did on images with known answers.
 *
 * <pre>
 *   classes  top1, top5 (of more than five classes), loss (cross-entropy)
 *   labels   f1 (of all labels together, at a probability of one half), exact (images with every
 *            label right), loss (binary cross-entropy)
 *   values   mae (in their units), r2 (mean over the values; of one that is the same for all images
 *            1 where it is met and 0 elsewhere, as in scikit-learn), loss (mean squared error over
 *            the variance among the training images)
 * </pre>
 *
 * @param target what was predicted
 * @param names of the outputs
 * @param images how many
 * @param figures by name, in that order
 * @param expected the class of each image, {@code [images]}; empty for other targets
 * @param predicted the class with the greatest logit, {@code [images]}; empty for other targets
 */
public record Scores(
    Target target,
    List<String> names,
    int images,
    Map<String, Double> figures,
    List<Integer> expected,
    List<Integer> predicted) {

  /** Copies the lists. */
  public Scores {
    names = List.copyOf(names);
    figures = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    expected = List.copyOf(expected);
    predicted = List.copyOf(predicted);
  }

  /**
   * Returns a figure.
   *
   * @param name one of those above
   * @return its value
   * @throws IllegalArgumentException if there is none of that name
   */
  public double figure(String name) {
    Double value = figures.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "figure: expected one of " + figures.keySet() + ", found " + name);
    }
    return value;
  }

  /** The name of the figure by which epochs are compared. */
  public static String deciding(Target target) {
    return target == Target.CLASSES ? "top1" : target == Target.LABELS ? "f1" : "loss";
  }

  /** The deciding figure, greater for a better network. */
  double score() {
    double value = figure(deciding(target));
    return target == Target.VALUES ? -value : value;
  }
}
