package ai.lacuna.probe;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Splits;
import ai.lacuna.probe.ProtocolResult.Shots;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Logistic regressions on few training images per class, several draws of each number. Nothing is
 * chosen: with so few labels there is no part to hold out, so the penalty is the same for all.
 *
 * @param perClass numbers of images of each class, from small to great
 * @param draws how many different draws of each number, at least 1
 * @param c the inverse strength of the penalty, above 0
 * @param onlyPossible whether numbers that a class does not have are left out; else they are an
 *     error
 */
public record FewShotProtocol(List<Integer> perClass, int draws, double c, boolean onlyPossible)
    implements Protocol {
  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  public FewShotProtocol {
    perClass = List.copyOf(perClass);
    if (perClass.isEmpty() || perClass.stream().anyMatch(n -> n < 1) || draws < 1 || !(c > 0)) {
      throw new IllegalArgumentException(
          ("few-shot: expected at least 1 image per class and 1 draw, and c above 0, found %s images,"
                  + " %s draws, c %s")
              .formatted(perClass, draws, c));
    }
  }

  /**
   * 1, 5, 10 and 50 images per class, those that there are; 5 draws; C = 0.1.
   *
   * @return the protocol
   */
  public static FewShotProtocol standard() {
    return new FewShotProtocol(List.of(1, 5, 10, 50), 5, 0.1, true);
  }

  @Override
  public String label() {
    return "few-shot";
  }

  @Override
  public ProtocolResult run(ProbeTask task) {
    long started = System.nanoTime();
    FeatureChoice choice = task.choice();
    FeatureTable known = task.known(choice);
    FeatureTable unseen = task.unseen(choice);
    int[] labels = Arrays.copyOf(known.labels(), task.images());
    List<Integer> possible = possible(labels, task.classNames());
    List<Shots> shots = new ArrayList<>();
    for (int n : possible) {
      List<Double> accuracies = new ArrayList<>();
      for (int draw = 0; draw < draws; draw++) {
        task.progress()
            .update("few-shot", (long) shots.size() * draws + draw, (long) possible.size() * draws);
        boolean[] drawn = Splits.drawn(labels, task.classes(), n, task.seed(), draw);
        FeatureTable few = known.pick(task.rows(drawn, true));
        try (LogisticRegression regression =
            LogisticRegression.of(few, task.classes(), task.device())) {
          LogisticRegression.Fit fit = regression.fit(c);
          LinearHead head = task.head(fit.weights(), fit.bias(), choice);
          accuracies.add(Evaluation.of(head, unseen).top1());
        }
      }
      shots.add(new Shots(n, accuracies));
    }
    long all = (long) possible.size() * draws;
    task.progress().update("few-shot", all, all);
    String setting = "C = %s, %s, %s draws".formatted(c, choice.text(), draws);
    return ProtocolResult.of(this, setting, shots, started);
  }

  /** Refuses data with too few images of a class, before a feature is computed. */
  void requireImages(ImageDataset train) throws IOException {
    int[] labels = new int[train.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = train.label(i);
    }
    possible(labels, train.classNames());
  }

  private List<Integer> possible(int[] labels, List<String> classNames) {
    int[] counts = new int[classNames.size()];
    Arrays.stream(labels).forEach(label -> counts[label]++);
    int scarce = 0;
    for (int i = 1; i < counts.length; i++) {
      scarce = counts[i] < counts[scarce] ? i : scarce;
    }
    int least = counts[scarce];
    List<Integer> possible = perClass.stream().filter(n -> n <= least).toList();
    if (possible.isEmpty() || (!onlyPossible && possible.size() < perClass.size())) {
      throw new ProbeException(
          "training data, class %s: expected %s images, found %s; ask for fewer per class"
              .formatted(classNames.get(scarce), perClass.get(perClass.size() - 1), least));
    }
    return possible;
  }
}
