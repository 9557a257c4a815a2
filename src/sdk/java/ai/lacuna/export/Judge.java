package ai.lacuna.export;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxRegressor;
import ai.lacuna.serving.OnnxSegmenter;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;
import java.util.List;
import java.util.function.Supplier;

/** What tells whether a variant answers as float32 does. */
interface Judge {
  /** How manifests call it. */
  String name();

  /**
   * Judges a variant.
   *
   * @param features its features of the images
   * @param answers gives what its head says of them, if there is a head
   */
  Verdict verdict(float[][] features, Supplier<float[][]> answers);

  /**
   * What was found.
   *
   * @param same share of the answers that are those of float32
   * @param accuracy share that is right; NaN if that is not known
   */
  record Verdict(double same, double accuracy) {}

  /** The head if there is one, else the nearest images by class, else retrieval. */
  static Judge of(Bundle bundle, VariantPlan plan, float[][] features) {
    if (bundle.hasClassifier() || bundle.hasRegressor() || bundle.hasSegmenter()) {
      return new OfHead(bundle.manifest().target(), plan, answers(bundle, plan, Variant.FLOAT32));
    }
    return plan.classes().isEmpty()
        ? new Retrieval(features)
        : new NearestVote(features, plan.classes());
  }

  /** What the head of a bundle says of the plan's images: logits, values, or each pixel's class. */
  static float[][] answers(Bundle bundle, VariantPlan plan, String variant) {
    if (bundle.hasSegmenter()) {
      try (OnnxSegmenter segmenter = bundle.segmenter(variant, ServingOptions.defaults())) {
        return segmenter.masks(plan.images()).stream()
            .map(Judge::classesOfPixels)
            .toArray(float[][]::new);
      }
    }
    if (bundle.hasRegressor()) {
      try (OnnxRegressor regressor = bundle.regressor(variant, ServingOptions.defaults())) {
        return regressor.values(plan.images());
      }
    }
    try (OnnxClassifier classifier = bundle.classifier(variant, ServingOptions.defaults())) {
      return classifier.logits(plan.images());
    }
  }

  private static float[] classesOfPixels(Pixels mask) {
    float[] classes = new float[mask.data().length];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = mask.data()[i] & 0xff;
    }
    return classes;
  }

  /**
   * Classes: the largest logit. Labels: the sign of each logit. NaN is no answer. Values: their
   * square error. Pixels: the class of each, all images' together.
   */
  final class OfHead implements Judge {
    private final Manifest.Target target;
    private final VariantPlan plan;
    private final float[][] expected;

    OfHead(Manifest.Target target, VariantPlan plan, float[][] expected) {
      this.target = target;
      this.plan = plan;
      this.expected = expected;
    }

    @Override
    public String name() {
      return "head";
    }

    @Override
    public Verdict verdict(float[][] features, Supplier<float[][]> answers) {
      float[][] found = answers.get();
      return switch (target) {
        case CLASSES -> classes(found);
        case LABELS -> new Verdict(sameSigns(found), Double.NaN);
        case VALUES -> new Verdict(explained(found), Double.NaN);
        case PIXELS -> new Verdict(samePixels(found), Double.NaN);
      };
    }

    private Verdict classes(float[][] found) {
      List<Integer> classes = plan.classes();
      double same = 0;
      double right = 0;
      for (int i = 0; i < found.length; i++) {
        int top = Agreement.top(found[i]);
        same += top == Agreement.top(expected[i]) && !Float.isNaN(found[i][top]) ? 1 : 0;
        right += !classes.isEmpty() && top == classes.get(i) ? 1 : 0;
      }
      return new Verdict(
          same / found.length, classes.isEmpty() ? Double.NaN : right / found.length);
    }

    private double sameSigns(float[][] found) {
      double same = 0;
      for (int i = 0; i < found.length; i++) {
        for (int k = 0; k < found[i].length; k++) {
          boolean positive = found[i][k] > 0;
          same += positive == (expected[i][k] > 0) && !Float.isNaN(found[i][k]) ? 1 : 0;
        }
      }
      return same / ((double) found.length * found[0].length);
    }

    private double samePixels(float[][] found) {
      long same = 0;
      long pixels = 0;
      for (int i = 0; i < found.length; i++) {
        pixels += found[i].length;
        for (int k = 0; k < found[i].length; k++) {
          same += found[i][k] == expected[i][k] ? 1 : 0;
        }
      }
      return (double) same / pixels;
    }

    /** The share of the values' variance that is left when errors are taken away; the least one. */
    private double explained(float[][] found) {
      double least = 1;
      for (int k = 0; k < expected[0].length; k++) {
        double mean = 0;
        for (float[] row : expected) {
          mean += row[k] / (double) expected.length;
        }
        double error = 0;
        double variance = 0;
        for (int i = 0; i < found.length; i++) {
          error += Math.pow((double) found[i][k] - expected[i][k], 2);
          variance += Math.pow(expected[i][k] - mean, 2);
        }
        least = Math.min(least, error == 0 ? 1 : 1 - error / variance);
      }
      return least;
    }
  }

  /** Whether each image finds itself among the features of float32. */
  final class Retrieval implements Judge {
    private final float[][] expected;

    Retrieval(float[][] expected) {
      this.expected = expected;
    }

    @Override
    public String name() {
      return "retrieval";
    }

    @Override
    public Verdict verdict(float[][] features, Supplier<float[][]> answers) {
      double same = 0;
      for (int i = 0; i < features.length; i++) {
        double own = Agreement.cosine(expected[i], features[i]);
        boolean nearest = true;
        for (int other = 0; other < expected.length; other++) {
          // The same image twice is as good.
          nearest &= !(Agreement.cosine(expected[other], features[i]) > own);
        }
        same += nearest ? 1 : 0;
      }
      return new Verdict(same / features.length, Double.NaN);
    }
  }

  /**
   * A vote of the nearest other images among the features of float32, weighted by exp(cosine / T)
   * with T = 0.07 (arXiv 1805.01978, section 3.4).
   */
  final class NearestVote implements Judge {
    private static final int NEIGHBOURS = 10;
    private static final double TEMPERATURE = 0.07;

    private final float[][] expected;
    private final List<Integer> classes;

    NearestVote(float[][] expected, List<Integer> classes) {
      this.expected = expected;
      this.classes = classes;
    }

    @Override
    public String name() {
      return "knn";
    }

    @Override
    public Verdict verdict(float[][] features, Supplier<float[][]> answers) {
      double same = 0;
      double right = 0;
      for (int i = 0; i < features.length; i++) {
        int vote = vote(features[i], i);
        same += vote == vote(expected[i], i) ? 1 : 0;
        right += vote == classes.get(i) ? 1 : 0;
      }
      return new Verdict(same / features.length, right / features.length);
    }

    private int vote(float[] query, int itself) {
      double[] cosines = new double[expected.length];
      for (int other = 0; other < cosines.length; other++) {
        cosines[other] = other == itself ? -2 : Agreement.cosine(expected[other], query);
      }
      double[] votes = new double[1 + classes.stream().mapToInt(Integer::intValue).max().orElse(0)];
      for (int k = 0; k < Math.min(NEIGHBOURS, cosines.length - 1); k++) {
        int nearest = 0;
        for (int other = 1; other < cosines.length; other++) {
          nearest = cosines[other] > cosines[nearest] ? other : nearest;
        }
        votes[classes.get(nearest)] += Math.exp(cosines[nearest] / TEMPERATURE);
        cosines[nearest] = -2;
      }
      int best = 0;
      for (int c = 1; c < votes.length; c++) {
        best = votes[c] > votes[best] ? c : best;
      }
      return best;
    }
  }
}
