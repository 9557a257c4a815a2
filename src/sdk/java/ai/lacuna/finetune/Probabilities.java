package ai.lacuna.finetune;

import ai.lacuna.serving.Prediction;
import ai.lacuna.vit.HeadConfig.Target;
import ai.lacuna.weights.WeightsException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What logits mean.
 *
 * @param target classes or labels
 * @param names of the outputs
 */
record Probabilities(Target target, List<String> names) {
  /** The most probable outputs of each row of logits, see {@link FineTuned#classify(List, int)}. */
  List<List<Prediction>> best(float[][] logits, int topK) {
    if (target == Target.VALUES) {
      throw new IllegalStateException(
          "classify: expected a network of classes or labels, found one of the values "
              + names
              + "; logits(...) gives them");
    }
    if (topK < 1) {
      throw new IllegalArgumentException("topK: expected at least 1, found " + topK);
    }
    for (float[] row : logits) {
      requireNumbers(row);
    }
    return Arrays.stream(logits).map(row -> best(row, topK)).toList();
  }

  /** NaN would rank as the most probable one. */
  private static void requireNumbers(float[] logits) {
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        throw new WeightsException(
            "classify: expected finite logits, found " + logit + "; check the network's weights");
      }
    }
  }

  private List<Prediction> best(float[] logits, int topK) {
    double[] probabilities = target == Target.CLASSES ? softmax(logits) : sigmoids(logits);
    return IntStream.range(0, probabilities.length)
        .mapToObj(i -> new Prediction(names.get(i), i, probabilities[i]))
        .sorted(Comparator.comparingDouble(Prediction::probability).reversed())
        .limit(topK)
        .toList();
  }

  private static double[] softmax(float[] logits) {
    double[] probabilities = new double[logits.length];
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp(logits[i] - most);
      sum += probabilities[i];
    }
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] /= sum;
    }
    return probabilities;
  }

  private static double[] sigmoids(float[] logits) {
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = 1 / (1 + Math.exp(-(double) logits[i]));
    }
    return probabilities;
  }
}
