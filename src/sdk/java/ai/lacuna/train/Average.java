package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.lacuna.engine.HostCopy;
import ai.lacuna.engine.TorchModule;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The exponential moving average of the parameters (Polyak averaging, as timm's {@code ModelEmaV2}
 * has it): after each step {@code average ← d · average + (1 − d) · parameter}. In the first steps
 * d is smaller, (1 + step) / (10 + step), so that the start is soon forgotten.
 */
final class Average implements AutoCloseable {
  /** Before a parameter's name in a saved state. */
  static final String NAME = "ema.";

  private static final String METHODS =
      """
        def lerp(self: SELF, to: List[Tensor], values: List[Tensor], weight: float) -> NoneType:
          torch._foreach_lerp_(to, values, weight)
          return None
      """;

  private final double decay;
  private final Map<String, NDArray> averages = new LinkedHashMap<>();
  private final TorchModule kernels;
  private final IValue to;
  private final IValue from;

  /** Begins at the parameters as they are; the arrays belong to the manager. */
  Average(double decay, Map<String, NDArray> parameters, Device device, NDManager manager) {
    this.decay = decay;
    this.kernels = TorchModule.loadMethods(METHODS, device);
    try {
      parameters.forEach(
          (name, parameter) ->
              averages.put(name, manager.create(HostCopy.floats(parameter), parameter.getShape())));
      this.to = list(averages.values());
      this.from = list(parameters.values());
    } catch (RuntimeException e) {
      kernels.close();
      throw e;
    }
  }

  private static IValue list(Collection<NDArray> arrays) {
    return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
  }

  /** After a step. */
  void update(long step) {
    double now = Math.min(decay, (1.0 + step) / (10.0 + step));
    try (IValue weight = IValue.from(1 - now)) {
      kernels.run("lerp", to, from, weight).close();
    }
  }

  /** The live arrays by parameter. */
  Map<String, NDArray> averages() {
    return averages;
  }

  @Override
  public void close() {
    to.close();
    from.close();
    kernels.close();
  }
}
