package ai.lacuna.probe;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.lacuna.engine.TorchModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Labelled features on a device, and the steps of linear layers on them: R layers of C classes on D
 * features at once, as one matrix product. Owns native memory: close it.
 */
final class LinearKernels implements AutoCloseable {
  /** Of the variance in batch normalisation (MAE). */
  static final double EPSILON = 1e-6;

  /** DINOv2 and MAE. */
  private static final double MOMENTUM = 0.9;

  /** LARS: the part of the weights' norm that a step of rate 1 moves them by (MAE). */
  private static final double TRUST = 0.001;

  /** Of the running statistics of batch normalisation; PyTorch's default. */
  private static final double STATISTICS_MOMENTUM = 0.1;

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

  private final TorchModule module;
  private final PtNDManager manager;
  private final int classes;
  private final NDArray features;
  private final NDArray labels;

  /**
   * Puts features on a device.
   *
   * @param table labelled features
   * @param classes number of classes
   * @param device where everything runs
   */
  LinearKernels(FeatureTable table, int classes, Device device) {
    this.classes = classes;
    this.module = TorchModule.loadMethods(METHODS, device);
    try {
      this.manager = (PtNDManager) module.newManager();
      this.features = manager.create(new Shape(table.rows(), table.columns()));
      this.labels = manager.create(Arrays.stream(table.labels()).asLongStream().toArray());
      fill(table);
    } catch (RuntimeException e) {
      // With the module goes all that is in its managers.
      module.close();
      throw e;
    }
  }

  private void fill(FeatureTable table) {
    int columns = table.columns();
    int rows = rowsOfBlock(columns);
    for (int first = 0; first < table.rows(); first += rows) {
      int last = Math.min(table.rows(), first + rows);
      float[] part = Arrays.copyOfRange(table.values(), first * columns, last * columns);
      try (Call call = new Call()) {
        NDArray values = call.scope.create(part, new Shape(last - first, columns));
        call.run("put", features, values, (long) first);
      }
    }
  }

  private static int rowsOfBlock(int columns) {
    return Math.max(1, BLOCK_ELEMENTS / columns);
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
      IValue result = module.run(function, values);
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

  /** A manager for layers; the caller closes it. */
  NDManager newManager() {
    return manager.newSubManager();
  }

  /**
   * What training changes.
   *
   * @param weight {@code [layers * classes, features]}
   * @param bias {@code [layers * classes]}
   * @param weightSpeed momentum of the weights
   * @param biasSpeed momentum of the biases
   * @param mean running mean of the features, {@code [features]}
   * @param variance running variance of the features, {@code [features]}
   */
  record Layers(
      NDArray weight,
      NDArray bias,
      NDArray weightSpeed,
      NDArray biasSpeed,
      NDArray mean,
      NDArray variance) {

    /** Layers at their start, which live as long as the manager. */
    static Layers of(NDManager own, float[] weights, long outputs, long features) {
      Shape matrix = new Shape(outputs, features);
      Shape vector = new Shape(outputs);
      return new Layers(
          own.create(weights, matrix),
          own.zeros(vector),
          own.zeros(matrix),
          own.zeros(vector),
          own.zeros(new Shape(features)),
          own.ones(new Shape(features)));
    }
  }

  /**
   * One step of all layers.
   *
   * @param kind how they are trained
   * @param layers changed in place
   * @param rows of the features, the batch; at least 2 where they are normalised
   * @param rates the rate of each layer
   */
  void step(LinearTrainer.Kind kind, Layers layers, long[] rows, float[] rates) {
    try (Call call = new Call()) {
      List<Object> arguments =
          new ArrayList<>(
              List.of(
                  features,
                  labels,
                  call.scope.create(rows),
                  layers.weight,
                  layers.bias,
                  layers.weightSpeed,
                  layers.biasSpeed,
                  call.scope.create(rates, new Shape(rates.length, 1, 1)),
                  (long) classes,
                  MOMENTUM));
      if (kind == LinearTrainer.Kind.SGD) {
        call.run("sgd", arguments.toArray());
        return;
      }
      arguments.addAll(List.of(layers.mean, layers.variance, EPSILON, STATISTICS_MOMENTUM, TRUST));
      call.run("lars", arguments.toArray());
    }
  }

  /**
   * Counts what a layer classifies right.
   *
   * @param weights {@code [classes, features]}
   * @param bias {@code [classes]}
   * @param rows which features to classify
   */
  int right(float[] weights, float[] bias, int[] rows) {
    int columns = weights.length / classes;
    try (NDManager own = newManager()) {
      NDArray weight = own.create(weights, new Shape(classes, columns));
      NDArray offset = own.create(bias);
      int size = rowsOfBlock(columns);
      int right = 0;
      for (int from = 0; from < rows.length; from += size) {
        int to = Math.min(rows.length, from + size);
        try (Call call = new Call()) {
          NDArray order = call.scope.create(Arrays.stream(rows, from, to).asLongStream().toArray());
          IValue count = call.run("right", features, labels, order, weight, offset);
          right += (int) count.toTensor((PtNDManager) call.scope).toFloatArray()[0];
        }
      }
      return right;
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
