package ai.lacuna.probe;

import ai.djl.Device;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Multinomial logistic regression with an L2 penalty on the weights of the standardised features.
 *
 * <p>Minimises {@code c · Σ cross-entropy + |W|² / 2}, scikit-learn's objective; the biases are not
 * penalised. Of two classes, which have weights of their own here, scikit-learn fits the difference
 * alone: that is the same classifier at twice this c. Fitted by L-BFGS. Holds the features on the
 * device: close it.
 */
public final class LogisticRegression implements AutoCloseable {
  /** On the elements of the gradient of the mean loss; scikit-learn's default. */
  private static final double TOLERANCE = 1e-4;

  private static final int MAX_ITERATIONS = 300;

  /**
   * Enough to rank penalties: accuracies have settled long before the weights. Only the number of
   * iterations is less than for the fit: a trial begins where the last one ended, whose gradient is
   * small already, and with a wide tolerance it would end there too, as good as the last.
   */
  private static final int TRIAL_ITERATIONS = 60;

  private final SoftmaxObjective objective;
  private final Standardization standardization;
  private final int rows;
  private final int columns;
  private final int classes;
  private final double tolerance;
  private final Map<Double, double[]> solutions = new HashMap<>();
  private double[] last;

  private LogisticRegression(FeatureTable table, int classes, Device device, double tolerance) {
    this.standardization = Standardization.of(table);
    this.rows = table.rows();
    this.columns = table.columns();
    this.classes = classes;
    this.tolerance = tolerance;
    this.objective = new SoftmaxObjective(table, standardization, classes, device);
    this.last = new double[objective.size()];
  }

  /**
   * A fitted classifier: {@code logits = weights · features + bias} on raw features.
   *
   * @param weights {@code [classes, features]}, row by row
   * @param bias {@code [classes]}
   * @param iterations of L-BFGS
   * @param converged whether the gradient came below the tolerance; if not, single precision or the
   *     limit of iterations ended the search
   */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  public record Fit(float[] weights, float[] bias, int iterations, boolean converged) {}

  /**
   * Puts features on a device.
   *
   * @param table labelled features
   * @param classes number of classes, at least 2
   * @param device where the products run
   * @return the regression; close it
   * @throws ProbeException if there are fewer than two classes, a class has no row, a label is out
   *     of range, or a feature is not finite
   */
  public static LogisticRegression of(FeatureTable table, int classes, Device device) {
    return of(table, classes, device, TOLERANCE);
  }

  static LogisticRegression of(FeatureTable table, int classes, Device device, double tolerance) {
    check(table.labels(), classes);
    return new LogisticRegression(table, classes, device, tolerance);
  }

  private static void check(int[] labels, int classes) {
    if (classes < 2) {
      throw new ProbeException(
          "training data: expected at least 2 classes, found " + classes + "; add another class");
    }
    int[] counts = new int[classes];
    for (int label : labels) {
      if (label < 0 || label >= classes) {
        throw new ProbeException(
            "training data: expected labels from 0 to %s, found %s; give labelled data"
                .formatted(classes - 1, label));
      }
      counts[label]++;
    }
    for (int c = 0; c < classes; c++) {
      if (counts[c] == 0) {
        throw new ProbeException(
            "training data: expected images of each of %s classes, found none of class %s; add some or drop the class"
                .formatted(classes, c));
      }
    }
  }

  /**
   * Fits on all rows, beginning where the last trial with that strength, else the last fit, ended.
   *
   * @param c the inverse strength of the penalty, above 0
   * @return the classifier
   */
  public Fit fit(double c) {
    return fit(c, MAX_ITERATIONS);
  }

  /** The same with a limit of its own. */
  Fit fit(double c, int iterations) {
    boolean[] all = new boolean[rows];
    Arrays.fill(all, true);
    Lbfgs.Minimum minimum = minimize(all, c, tolerance, iterations);
    double[] parameters = minimum.x().clone();
    int biases = classes * columns;
    // A constant added to all biases changes nothing; scikit-learn's sum to zero.
    double mean = Arrays.stream(parameters, biases, parameters.length).average().orElse(0);
    for (int i = biases; i < parameters.length; i++) {
      parameters[i] -= mean;
    }
    standardization.fold(parameters, classes);
    return new Fit(
        floats(parameters, 0, biases),
        floats(parameters, biases, parameters.length),
        minimum.iterations(),
        minimum.converged());
  }

  /**
   * Fits roughly on the rows that are not held out, and classifies those that are.
   *
   * @param c the inverse strength of the penalty, above 0
   * @param heldOut which rows are held out
   * @return the number of held-out rows that are classified right
   */
  public int rightAmongHeldOut(double c, boolean[] heldOut) {
    boolean[] kept = new boolean[rows];
    for (int i = 0; i < rows; i++) {
      kept[i] = !heldOut[i];
    }
    return right(c, kept, heldOut);
  }

  /** Fits roughly on the rows kept; returns how many of the rows judged are classified right. */
  int right(double c, boolean[] kept, boolean[] judged) {
    double[] found = minimize(kept, c, tolerance, TRIAL_ITERATIONS).x();
    return objective.rightAmong(judged, found);
  }

  private Lbfgs.Minimum minimize(boolean[] active, double c, double gradient, int iterations) {
    if (!(c > 0)) {
      throw new IllegalArgumentException("c: expected above 0, found " + c);
    }
    objective.use(active, c);
    double[] start = solutions.getOrDefault(c, last);
    Lbfgs.Minimum minimum = new Lbfgs(objective, gradient, iterations).minimize(start);
    last = minimum.x();
    solutions.put(c, last);
    return minimum;
  }

  private static float[] floats(double[] values, int from, int to) {
    float[] result = new float[to - from];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values[from + i];
    }
    return result;
  }

  @Override
  public void close() {
    objective.close();
  }
}
