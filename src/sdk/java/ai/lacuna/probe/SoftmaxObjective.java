package ai.lacuna.probe;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.Devices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The mean cross-entropy of a linear classifier over the active rows, plus an L2 penalty of its
 * weights (not of its biases).
 *
 * <p>Parameters: weights {@code [classes, columns]}, then biases {@code [classes]}. The features
 * stay on the device, standardised, in blocks; both products per evaluation run there in float32,
 * the loss and the sums over blocks in double precision here.
 */
final class SoftmaxObjective implements Lbfgs.Objective, AutoCloseable {
  private static final int BLOCK_ELEMENTS = 8 << 20;

  /** The logits of a block: a gigabyte. */
  private static final int BLOCK_LOGITS = 1 << 28;

  private final NDManager manager;

  /** Some rows, {@code [rows, columns]}, and a view of them with the axes exchanged. */
  private record Block(NDArray features, NDArray transposed, int rows) {}

  private final List<Block> blocks = new ArrayList<>();
  private final int[] labels;
  private final int columns;
  private final int classes;
  private boolean[] active;
  private double penalty;
  private int count;

  SoftmaxObjective(
      FeatureTable table, Standardization standardization, int classes, Device device) {
    this.labels = table.labels();
    this.columns = table.columns();
    this.classes = classes;
    this.active = new boolean[labels.length];
    parameters(columns, classes);
    this.manager = NDManager.newBaseManager(device, Devices.ENGINE);
    try {
      fill(table, standardization);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private void fill(FeatureTable table, Standardization standardization) {
    int rows = blockRows(columns, classes);
    for (int first = 0; first < labels.length; first += rows) {
      int size = Math.min(rows, labels.length - first);
      NDArray features =
          manager.create(standardization.apply(table, first, size), new Shape(size, columns));
      blocks.add(new Block(features, features.transpose(), size));
    }
  }

  /** Rows of a block, so that neither its features nor its logits are too many. */
  static int blockRows(int columns, int classes) {
    return Math.max(1, Math.min(BLOCK_ELEMENTS / columns, BLOCK_LOGITS / classes));
  }

  /**
   * Number of parameters of a classifier.
   *
   * @throws IllegalArgumentException if there are more than an array holds
   */
  static int parameters(int columns, int classes) {
    long parameters = classes * (columns + 1L);
    if (parameters > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          ("logistic regression: expected fewer than 2^31 weights and biases, found %s classes of"
                  + " %s features; take fewer classes or features")
              .formatted(classes, columns));
    }
    return (int) parameters;
  }

  /** Number of parameters. */
  int size() {
    return parameters(columns, classes);
  }

  /**
   * Chooses the rows that count and the penalty {@code |W|² / (2 c count)}, so that {@code c} means
   * what it does in scikit-learn (for more than two classes, see {@link LogisticRegression}).
   */
  void use(boolean[] rows, double c) {
    active = rows;
    count = 0;
    for (boolean row : rows) {
      count += row ? 1 : 0;
    }
    penalty = 1 / (c * count);
  }

  @Override
  public double evaluate(double[] x, double[] gradient) {
    int biases = classes * columns;
    double loss = 0;
    for (int i = 0; i < biases; i++) {
      gradient[i] = penalty * x[i];
      loss += 0.5 * penalty * x[i] * x[i];
    }
    Arrays.fill(gradient, biases, x.length, 0);
    double sum = 0;
    int first = 0;
    for (Block block : blocks) {
      try (NDManager scope = manager.newSubManager()) {
        float[] logits = logits(scope, block, x);
        sum += residual(logits, first, gradient);
        NDArray errors = scope.create(logits, new Shape(classes, block.rows()));
        float[] part = errors.matMul(block.features()).toFloatArray();
        for (int i = 0; i < biases; i++) {
          gradient[i] += part[i];
        }
        first += block.rows();
      }
    }
    return loss + sum / count;
  }

  /** How many of the rows judged are classified right. */
  int rightAmong(boolean[] judged, double[] x) {
    int right = 0;
    int first = 0;
    for (Block block : blocks) {
      try (NDManager scope = manager.newSubManager()) {
        float[] logits = logits(scope, block, x);
        int rows = block.rows();
        for (int row = 0; row < rows; row++) {
          int best = 0;
          for (int c = 1; c < classes; c++) {
            if (logits[c * rows + row] > logits[best * rows + row]) {
              best = c;
            }
          }
          right += judged[first + row] && best == labels[first + row] ? 1 : 0;
        }
        first += rows;
      }
    }
    return right;
  }

  /** {@code weights · blockᵀ + biases}, {@code [classes, rows]}. */
  private float[] logits(NDManager scope, Block block, double[] x) {
    float[] weights = new float[classes * columns];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) x[i];
    }
    // Results belong to the manager of the first operand.
    NDArray matrix = scope.create(weights, new Shape(classes, columns));
    float[] logits = matrix.matMul(block.transposed()).toFloatArray();
    for (int c = 0; c < classes; c++) {
      float bias = (float) x[weights.length + c];
      for (int i = c * block.rows(); i < (c + 1) * block.rows(); i++) {
        logits[i] += bias;
      }
    }
    return logits;
  }

  /** Turns logits into (probability − target) / count; returns the summed loss. */
  private double residual(float[] logits, int first, double[] gradient) {
    int biases = classes * columns;
    int rows = logits.length / classes;
    double[] row = new double[classes];
    double loss = 0;
    for (int i = 0; i < rows; i++) {
      double most = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        row[c] = logits[c * rows + i];
        most = Math.max(most, row[c]);
      }
      int label = labels[first + i];
      double target = row[label] - most;
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        row[c] = Math.exp(row[c] - most);
        sum += row[c];
      }
      double weight = active[first + i] ? 1.0 / count : 0;
      loss += weight > 0 ? Math.log(sum) - target : 0;
      for (int c = 0; c < classes; c++) {
        double error = (row[c] / sum - (c == label ? 1 : 0)) * weight;
        gradient[biases + c] += error;
        logits[c * rows + i] = (float) error;
      }
    }
    return loss;
  }

  @Override
  public void close() {
    manager.close();
  }
}
