package ai.lacuna.probe;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.lacuna.engine.TorchModule;
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
  /** DINOv2 and MAE. */
  private static final double MOMENTUM = 0.9;

  /** LARS: the part of the weights' norm that a step of rate 1 moves them by (MAE). */
  private static final double TRUST = 0.001;

  /** Of the variance in batch normalisation (MAE). */
  private static final double EPSILON = 1e-6;

  /** Of the running statistics of batch normalisation; PyTorch's default. */
  private static final double STATISTICS_MOMENTUM = 0.1;

  /** Deviation of initial weights (MAE, DINOv2); biases begin at 0. */
  private static final double INITIAL_DEVIATION = 0.01;

  private static final int BLOCK_ELEMENTS = 8 << 20;

  // With R layers of C classes on D features: weight [R * C, D], bias [R * C], rates [R, 1, 1].
  private static final String METHODS =
      """
        def put(self: SELF, to: Tensor, part: Tensor, first: int) -> NoneType:
          _0 = torch.copy_(torch.narrow(to, 0, first, torch.size(part, 0)), part)
          return None
        def errors(self: SELF, x: Tensor, y: Tensor, weight: Tensor, bias: Tensor, layers: int, \
      classes: int) -> Tensor:
          rows = torch.size(x, 0)
          logits = torch.view(torch.addmm(bias, x, torch.t(weight)), [rows, layers, classes])
          p = torch.softmax(logits, 2)
          target = torch.unsqueeze(torch.to(torch.one_hot(y, classes), 6), 1)
          error = torch.div(torch.sub(p, target), rows)
          return torch.view(error, [rows, torch.mul(layers, classes)])
        def sgd(self: SELF, features: Tensor, labels: Tensor, order: Tensor, weight: Tensor, \
      bias: Tensor, weight_speed: Tensor, bias_speed: Tensor, rates: Tensor, classes: int, \
      momentum: float) -> NoneType:
          layers = torch.size(rates, 0)
          x = torch.index_select(features, 0, order)
          y = torch.index_select(labels, 0, order)
          error = (self).errors(x, y, weight, bias, layers, classes)
          _0 = torch.add_(torch.mul_(weight_speed, momentum), torch.mm(torch.t(error), x))
          _1 = torch.add_(torch.mul_(bias_speed, momentum), torch.sum(error, [0]))
          per_row = torch.reshape(torch.expand(rates, [layers, classes, 1]), [-1, 1])
          _2 = torch.sub_(weight, torch.mul(weight_speed, per_row))
          _3 = torch.sub_(bias, torch.mul(bias_speed, torch.squeeze(per_row, 1)))
          return None
        def lars(self: SELF, features: Tensor, labels: Tensor, order: Tensor, weight: Tensor, \
      bias: Tensor, weight_speed: Tensor, bias_speed: Tensor, rates: Tensor, classes: int, \
      momentum: float, mean: Tensor, variance: Tensor, epsilon: float, statistics: float, \
      trust: float) -> NoneType:
          layers = torch.size(rates, 0)
          raw = torch.index_select(features, 0, order)
          y = torch.index_select(labels, 0, order)
          rows = torch.size(raw, 0)
          m = torch.mean(raw, [0])
          centred = torch.sub(raw, m)
          v = torch.mean(torch.mul(centred, centred), [0])
          x = torch.mul(centred, torch.rsqrt(torch.add(v, epsilon)))
          unbiased = torch.mul(v, torch.div(rows, torch.sub(rows, 1)))
          _0 = torch.lerp_(mean, m, statistics)
          _1 = torch.lerp_(variance, unbiased, statistics)
          error = (self).errors(x, y, weight, bias, layers, classes)
          gradient = torch.view(torch.mm(torch.t(error), x), [layers, classes, -1])
          shaped = torch.view(weight, [layers, classes, -1])
          ws = torch.linalg_vector_norm(shaped, 2, [1, 2], True)
          gs = torch.linalg_vector_norm(gradient, 2, [1, 2], True)
          ratio = torch.div(torch.mul(ws, trust), gs)
          both = torch.logical_and(torch.gt(ws, 0), torch.gt(gs, 0))
          adapted = torch.mul(gradient, torch.where(both, ratio, torch.ones_like(ratio)))
          _2 = torch.add_(torch.mul_(weight_speed, momentum), torch.view_as(adapted, weight))
          _3 = torch.add_(torch.mul_(bias_speed, momentum), torch.sum(error, [0]))
          per_row = torch.reshape(torch.expand(rates, [layers, classes, 1]), [-1, 1])
          _4 = torch.sub_(weight, torch.mul(weight_speed, per_row))
          _5 = torch.sub_(bias, torch.mul(bias_speed, torch.squeeze(per_row, 1)))
          return None
        def right(self: SELF, features: Tensor, labels: Tensor, order: Tensor, weight: Tensor, \
      bias: Tensor) -> Tensor:
          x = torch.index_select(features, 0, order)
          y = torch.index_select(labels, 0, order)
          found = torch.argmax(torch.addmm(bias, x, torch.t(weight)), 1)
          return torch.to(torch.sum(torch.eq(found, y)), 6)
      """;

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
  private final TorchModule kernels;
  private final PtNDManager manager;
  private final NDArray features;
  private final NDArray labels;

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
    this.kernels = TorchModule.loadMethods(METHODS, device);
    this.manager = (PtNDManager) kernels.newManager();
    this.features = manager.create(new Shape(table.rows(), columns));
    this.labels = manager.create(Arrays.stream(table.labels()).asLongStream().toArray());
    int rows = Math.max(1, BLOCK_ELEMENTS / columns);
    for (int first = 0; first < table.rows(); first += rows) {
      int last = Math.min(table.rows(), first + rows);
      float[] part = Arrays.copyOfRange(table.values(), first * columns, last * columns);
      try (Call call = new Call()) {
        NDArray values = call.scope.create(part, new Shape(last - first, columns));
        call.run("put", features, values, (long) first);
      }
    }
  }

  /** The arguments of a call of a kernel, which live until its end. */
  private final class Call implements AutoCloseable {
    private final NDManager scope = manager.newSubManager();
    private final List<IValue> owned = new ArrayList<>();

    IValue run(String function, Object... arguments) {
      IValue[] values = new IValue[arguments.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(arguments[i]);
        owned.add(values[i]);
      }
      IValue result = kernels.run(function, values);
      owned.add(result);
      return result;
    }

    private static IValue value(Object argument) {
      if (argument instanceof NDArray array) {
        return IValue.from((PtNDArray) array);
      }
      return argument instanceof Long number
          ? IValue.from(number.longValue())
          : IValue.from(((Double) argument).doubleValue());
    }

    @Override
    public void close() {
      owned.forEach(IValue::close);
      scope.close();
    }
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
    try (NDManager own = manager.newSubManager()) {
      State state = new State(own, baseRates.size(), initial);
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
          step(state, some, now);
        }
      }
      steps.update((long) epochs * perEpoch, (long) epochs * perEpoch);
      return state.layers();
    }
  }

  private void step(State state, long[] rows, float[] rates) {
    try (Call call = new Call()) {
      NDArray order = call.scope.create(rows);
      NDArray rate = call.scope.create(rates, new Shape(rates.length, 1, 1));
      Object[] common = {
        features,
        labels,
        order,
        state.weight,
        state.bias,
        state.weightSpeed,
        state.biasSpeed,
        rate,
        (long) classes,
        MOMENTUM
      };
      if (kind == Kind.SGD) {
        call.run("sgd", common);
        return;
      }
      Object[] all = Arrays.copyOf(common, common.length + 5);
      all[common.length] = state.mean;
      all[common.length + 1] = state.variance;
      all[common.length + 2] = EPSILON;
      all[common.length + 3] = STATISTICS_MOMENTUM;
      all[common.length + 4] = TRUST;
      call.run("lars", all);
    }
  }

  /** What training changes. */
  private final class State {
    private final int layers;
    private final NDArray weight;
    private final NDArray bias;
    private final NDArray weightSpeed;
    private final NDArray biasSpeed;
    private final NDArray mean;
    private final NDArray variance;

    State(NDManager own, int layers, float[] first) {
      this.layers = layers;
      // Every layer begins with the same weights, so that rates alone make the difference.
      float[] all = new float[layers * first.length];
      for (int layer = 0; layer < layers; layer++) {
        System.arraycopy(first, 0, all, layer * first.length, first.length);
      }
      Shape matrix = new Shape((long) layers * classes, columns);
      Shape vector = new Shape((long) layers * classes);
      this.weight = own.create(all, matrix);
      this.bias = own.zeros(vector);
      this.weightSpeed = own.zeros(matrix);
      this.biasSpeed = own.zeros(vector);
      this.mean = own.zeros(new Shape(columns));
      this.variance = own.ones(new Shape(columns));
    }

    List<Layer> layers() {
      float[] weights = weight.toFloatArray();
      float[] biases = bias.toFloatArray();
      float[] means = mean.toFloatArray();
      float[] variances = variance.toFloatArray();
      List<Layer> result = new ArrayList<>();
      for (int layer = 0; layer < layers; layer++) {
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
        w[i] = (float) (w[i] / Math.sqrt(variances[k] + EPSILON));
        bias -= (double) w[i] * means[k];
      }
      b[c] = (float) bias;
    }
  }

  /** How many of some rows a layer classifies right. */
  int right(Layer layer, int[] rows) {
    try (NDManager own = manager.newSubManager()) {
      NDArray weight = own.create(layer.weights(), new Shape(classes, columns));
      NDArray bias = own.create(layer.bias());
      int size = Math.max(1, BLOCK_ELEMENTS / columns);
      int right = 0;
      for (int from = 0; from < rows.length; from += size) {
        int to = Math.min(rows.length, from + size);
        try (Call call = new Call()) {
          NDArray order = call.scope.create(Arrays.stream(rows, from, to).asLongStream().toArray());
          IValue count = call.run("right", features, labels, order, weight, bias);
          right += (int) count.toTensor((PtNDManager) call.scope).toFloatArray()[0];
        }
      }
      return right;
    }
  }

  @Override
  public void close() {
    manager.close();
    kernels.close();
  }
}
