package ai.lacuna.djl;

import ai.djl.modality.Classifications;
import java.util.ArrayList;
import java.util.List;

/** Makes DJL's classifications of logits. */
final class Probabilities {
  private Probabilities() {}

  /**
   * Softmax of the logits of one class of several, else the logistic function of each.
   *
   * @param logits a number for each label
   * @param exclusive whether an image has exactly one label
   * @param labels their names
   * @param topK how many are printed
   * @throws IllegalArgumentException if there are more or fewer labels than logits, or one is NaN
   *     or infinite
   */
  static Classifications classifications(
      float[] logits, boolean exclusive, List<String> labels, int topK) {
    if (logits.length != labels.size()) {
      throw new IllegalArgumentException(
          "labels: expected %s, as many as logits, found %s; export the bundle again"
              .formatted(logits.length, labels.size()));
    }
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        throw new IllegalArgumentException(
            "logits: expected finite numbers, found " + logit + "; check the network's weights");
      }
    }
    Classifications answer =
        new Classifications(labels, exclusive ? softmax(logits) : logistic(logits));
    answer.setTopK(topK);
    return answer;
  }

  private static List<Double> softmax(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    List<Double> probabilities = new ArrayList<>();
    for (float logit : logits) {
      probabilities.add(Math.exp(logit - largest) / sum);
    }
    return probabilities;
  }

  private static List<Double> logistic(float[] logits) {
    List<Double> probabilities = new ArrayList<>();
    for (float logit : logits) {
      probabilities.add(1 / (1 + Math.exp(-logit)));
    }
    return probabilities;
  }
}
