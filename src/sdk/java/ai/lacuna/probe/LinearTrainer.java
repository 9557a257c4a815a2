package ai.lacuna.probe;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.train.CosineSchedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Trains linear layers on features by minibatches: one layer for each rate, all at once, since
 * together they are one matrix product.
 *
 * <p>Everything but the order of the rows happens on the device. Holds the features there: close
 * it.
 */
final class LinearTrainer implements AutoCloseable {
  /** Deviation of initial weights (MAE, DINOv2); biases begin at 0. */
  private static final double INITIAL_DEVIATION = 0.01;

  /** How a layer is trained. */
  enum Kind {
    /** Plain features, SGD with momentum. */
    SGD,
    /** Batch-normalised features, LARS on the weights, SGD on the biases, both with momentum. */
    NORMALIZED_LARS
  }

  /** Hears how many steps are done. */
  interface Steps {
    void update(long done, long total);
  }

  /** A classifier of raw features: weights {@code [classes, features]}, bias {@code [classes]}. */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  record Layer(float[] weights, float[] bias) {}

  private final Kind kind;
  private final CosineSchedule schedule;
  private final int batchSize;
  private final long seed;
  private final Steps steps;
  private final int classes;
  private final int columns;
  private final LinearKernels kernels;

  /**
   * Puts features on a device.
   *
   * @param table labelled features
   * @param classes number of classes
   * @param device where everything runs
   * @param kind how layers are trained
   * @param schedule of the rate, as a part of each layer's rate
   * @param batchSize rows per step; all rows if there are fewer
   * @param seed chooses initial weights and the order of rows
   * @param steps hears of each epoch
   */
  LinearTrainer(
      FeatureTable table,
      int classes,
      Device device,
      Kind kind,
      CosineSchedule schedule,
      int batchSize,
      long seed,
      Steps steps) {
    this.kind = kind;
    this.schedule = schedule;
    this.batchSize = batchSize;
    this.seed = seed;
    this.steps = steps;
    this.classes = classes;
    this.columns = table.columns();
    this.kernels = new LinearKernels(table, classes, device);
  }

  /**
   * Trains a layer for each rate.
   *
   * @param rows the rows to train on
   * @param baseRates rates at a batch of 256
   * @return the layers, in the order of the rates
   */
  List<Layer> train(int[] rows, List<Double> baseRates) {
    return train(
        rows,
        baseRates,
        initialWeights(classes * columns, seed),
        epoch -> CounterRandom.of(seed, epoch, 0, Purpose.ORDER).permutation(rows.length));
  }

  /** The same with given initial weights, {@code [classes, features]}, and given orders of rows. */
  List<Layer> train(
      int[] rows, List<Double> baseRates, float[] initial, IntFunction<int[]> orders) {
    int batch = Math.min(batchSize, rows.length);
    int perEpoch = rows.length / batch;
    int epochs = (int) schedule.epochs();
    double scale = batch / CosineSchedule.REFERENCE_BATCH;
    try (NDManager own = kernels.newManager()) {
      LinearKernels.Layers layers =
          LinearKernels.Layers.of(
              own, repeated(initial, baseRates.size()), (long) baseRates.size() * classes, columns);
      for (int epoch = 0; epoch < epochs; epoch++) {
        steps.update((long) epoch * perEpoch, (long) epochs * perEpoch);
        int[] order = orders.apply(epoch);
        for (int i = 0; i < perEpoch; i++) {
          long[] some =
              IntStream.range(i * batch, (i + 1) * batch).mapToLong(k -> rows[order[k]]).toArray();
          double part = scale * schedule.at(epoch + (double) i / perEpoch);
          float[] now = new float[baseRates.size()];
          for (int r = 0; r < now.length; r++) {
            now[r] = (float) (part * baseRates.get(r));
          }
          kernels.step(kind, layers, some, now);
        }
      }
      steps.update((long) epochs * perEpoch, (long) epochs * perEpoch);
      return trained(layers, baseRates.size());
    }
  }

  /** Every layer begins with the same weights, so that rates alone make the difference. */
  private static float[] repeated(float[] first, int layers) {
    float[] all = new float[layers * first.length];
    for (int layer = 0; layer < layers; layer++) {
      System.arraycopy(first, 0, all, layer * first.length, first.length);
    }
    return all;
  }

  private List<Layer> trained(LinearKernels.Layers layers, int count) {
    float[] weights = layers.weight().toFloatArray();
    float[] biases = layers.bias().toFloatArray();
    float[] means = layers.mean().toFloatArray();
    float[] variances = layers.variance().toFloatArray();
    List<Layer> result = new ArrayList<>();
    for (int layer = 0; layer < count; layer++) {
      int from = layer * classes;
      float[] w = Arrays.copyOfRange(weights, from * columns, (from + classes) * columns);
      float[] b = Arrays.copyOfRange(biases, from, from + classes);
      if (kind == Kind.NORMALIZED_LARS) {
        foldNormalization(w, b, means, variances);
      }
      result.add(new Layer(w, b));
    }
    return result;
  }

  /** Initial weights of a layer. */
  static float[] initialWeights(int count, long seed) {
    CounterRandom random = CounterRandom.of(seed, 0, 0, Purpose.WEIGHTS);
    float[] weights = new float[count];
    for (int i = 0; i < count; i++) {
      weights[i] = (float) (INITIAL_DEVIATION * random.nextGaussian());
    }
    return weights;
  }

  /** Makes a layer of normalised features one of raw features. */
  private static void foldNormalization(float[] w, float[] b, float[] means, float[] variances) {
    for (int c = 0; c < b.length; c++) {
      double bias = b[c];
      for (int k = 0; k < means.length; k++) {
        int i = c * means.length + k;
        w[i] = (float) (w[i] / Math.sqrt(variances[k] + LinearKernels.EPSILON));
        bias -= (double) w[i] * means[k];
      }
      b[c] = (float) bias;
    }
  }

  /** How many of some rows a layer classifies right. */
  int right(Layer layer, int[] rows) {
    return kernels.right(layer.weights(), layer.bias(), rows);
  }

  @Override
  public void close() {
    kernels.close();
  }
}
