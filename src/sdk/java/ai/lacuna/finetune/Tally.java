package ai.lacuna.finetune;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up answers, image by image, in double precision. */
final class Tally {
  private static final int FIVE = 5;

  private final Targets targets;
  private final ValueScale scale;
  private final List<Integer> expected = new ArrayList<>();
  private final List<Integer> predicted = new ArrayList<>();
  private final double[] firsts;
  private final double[] sums;
  private final double[] squares;
  private final double[] errors;
  private int images;
  private double loss;
  private double absolute;
  private int inFive;
  private int exact;
  private long hits;
  private long wrong;

  Tally(Targets targets, ValueScale scale) {
    this.targets = targets;
    this.scale = scale;
    int outputs = targets.names().size();
    this.firsts = new double[outputs];
    this.sums = new double[outputs];
    this.squares = new double[outputs];
    this.errors = new double[outputs];
  }

  void add(float[] logits, float[] right) {
    images++;
    switch (targets.target()) {
      case CLASSES -> addClass(logits, right);
      case LABELS -> addLabels(logits, right);
      case VALUES -> addValues(logits, right);
    }
  }

  private void addClass(float[] logits, float[] right) {
    int label = top(right);
    int best = top(logits);
    int above = 0;
    double sum = 0;
    for (int k = 0; k < logits.length; k++) {
      // Of equal ones the lower counts as greater, as it does for the best.
      above += logits[k] > logits[label] || (logits[k] == logits[label] && k < label) ? 1 : 0;
      sum += Math.exp((double) logits[k] - logits[best]);
    }
    loss += Math.log(sum) + logits[best] - logits[label];
    inFive += above < FIVE ? 1 : 0;
    expected.add(label);
    predicted.add(best);
  }

  private static int top(float[] values) {
    int top = 0;
    for (int i = 1; i < values.length; i++) {
      top = values[i] > values[top] ? i : top;
    }
    return top;
  }

  private void addLabels(float[] logits, float[] right) {
    boolean all = true;
    double sum = 0;
    for (int k = 0; k < logits.length; k++) {
      boolean has = right[k] > 0;
      boolean says = logits[k] > 0;
      hits += has && says ? 1 : 0;
      wrong += has == says ? 0 : 1;
      all &= has == says;
      // log(1 + exp(z)) − t z, without overflow
      double z = logits[k];
      sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - right[k] * z;
    }
    loss += sum / logits.length;
    exact += all ? 1 : 0;
  }

  private void addValues(float[] values, float[] right) {
    double square = 0;
    double distance = 0;
    for (int k = 0; k < values.length; k++) {
      double error = (double) values[k] - right[k];
      double standardized = scale.standardized(k, error);
      square += standardized * standardized;
      distance += Math.abs(error);
      errors[k] += error * error;
      firsts[k] = images == 1 ? right[k] : firsts[k];
      // Less the first one: what is far from 0 loses no digits, and equal values differ by nothing.
      double above = right[k] - firsts[k];
      sums[k] += above;
      squares[k] += above * above;
    }
    loss += square / values.length;
    absolute += distance / values.length;
  }

  Scores scores() {
    Map<String, Double> figures = new LinkedHashMap<>();
    switch (targets.target()) {
      case CLASSES -> {
        figures.put("top1", (double) right() / images);
        if (targets.names().size() > FIVE) {
          figures.put("top5", (double) inFive / images);
        }
      }
      case LABELS -> {
        figures.put("f1", 2.0 * hits / Math.max(1, 2 * hits + wrong));
        figures.put("exact", (double) exact / images);
      }
      case VALUES -> {
        figures.put("mae", absolute / images);
        figures.put("r2", explained());
      }
    }
    figures.put("loss", loss / images);
    return new Scores(targets.target(), targets.names(), images, figures, expected, predicted);
  }

  private int right() {
    int right = 0;
    for (int i = 0; i < expected.size(); i++) {
      right += expected.get(i).equals(predicted.get(i)) ? 1 : 0;
    }
    return right;
  }

  /** Of a value that is the same for all images nothing can be explained, but it can be met. */
  private double explained() {
    double sum = 0;
    for (int k = 0; k < errors.length; k++) {
      double variance = squares[k] - sums[k] * sums[k] / images;
      double unvaried = errors[k] == 0 ? 1 : 0;
      sum += variance > 0 ? 1 - errors[k] / variance : unvaried;
    }
    return sum / errors.length;
  }
}
