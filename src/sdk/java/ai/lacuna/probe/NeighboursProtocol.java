package ai.lacuna.probe;

import ai.lacuna.probe.ProtocolResult.Trial;
import java.util.ArrayList;
import java.util.List;

/**
 * Weighted nearest neighbours (arXiv 1805.01978, section 3.4) as DINOv2 has it: cosine similarity
 * of features of the last block, the k nearest vote with weight exp(similarity / temperature).
 * Which k and which pooling is chosen on the images held out; then all training images vote.
 *
 * @param ks numbers of neighbours to choose from, each at least 1
 * @param temperature above 0
 */
public record NeighboursProtocol(List<Integer> ks, double temperature) implements Protocol {
  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  public NeighboursProtocol {
    ks = List.copyOf(ks);
    if (ks.isEmpty() || ks.stream().anyMatch(k -> k < 1) || !(temperature > 0)) {
      throw new IllegalArgumentException(
          "nearest neighbours: expected k of at least 1 and a temperature above 0, found %s and %s"
              .formatted(ks, temperature));
    }
  }

  /**
   * 10, 20, 100 and 200 neighbours, temperature 0.07.
   *
   * @return the protocol
   */
  public static NeighboursProtocol published() {
    return new NeighboursProtocol(List.of(10, 20, 100, 200), 0.07);
  }

  @Override
  public String label() {
    return "knn";
  }

  @Override
  public ProtocolResult run(ProbeTask task) {
    long started = System.nanoTime();
    List<FeatureChoice> choices = task.poolings().stream().map(task::last).toList();
    List<Trial> trials = new ArrayList<>();
    FeatureChoice features = choices.get(0);
    int k = ks.get(0);
    if (ks.size() * choices.size() > 1) {
      boolean[] heldOut = task.heldOut();
      int[] kept = task.rows(heldOut, false);
      int[] judged = ProbeTask.rowsOf(heldOut);
      double best = -1;
      for (FeatureChoice choice : choices) {
        task.progress().update("knn: choose", trials.size(), (long) ks.size() * choices.size());
        FeatureTable known = task.known(choice);
        int[] right =
            NearestNeighbours.right(
                known.pick(kept), known.pick(judged), ks, temperature, task.device());
        for (int i = 0; i < right.length; i++) {
          double accuracy = (double) right[i] / judged.length;
          trials.add(new Trial(text(ks.get(i), choice), accuracy));
          if (accuracy > best) {
            best = accuracy;
            k = ks.get(i);
            features = choice;
          }
        }
      }
      task.progress().update("knn: choose", trials.size(), trials.size());
    }
    FeatureTable unseen = task.unseen(features);
    float[][] votes =
        new NearestNeighbours(k, temperature)
            .votes(task.known(features), unseen, task.classes(), task.device());
    Evaluation test = Evaluation.of(task.classNames(), unseen.labels(), row -> votes[row]);
    return ProtocolResult.of(this, text(k, features), trials, test, started);
  }

  private static String text(int k, FeatureChoice features) {
    return "k = " + k + ", " + features.text();
  }
}
