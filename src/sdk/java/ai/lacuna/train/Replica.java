package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.weights.NamedTensors;
import java.util.LinkedHashMap;
import java.util.Map;

/** A network and its gradients on one device. For one thread at a time. */
final class Replica implements AutoCloseable {
  private final Program program;
  private final boolean checkpointed;
  private final TorchModule module;
  private final LossTail tail;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();

  /** Made when a parameter is first trained, and kept while it is frozen. */
  private final Map<String, NDArray> made = new LinkedHashMap<>();

  private final Map<String, NDArray> gradients = new LinkedHashMap<>();

  Replica(
      Program program,
      NamedTensors weights,
      Numerics numerics,
      Device device,
      LossTail.Factory tail) {
    this.program = program;
    this.checkpointed = numerics.checkpointActivations();
    this.module =
        TorchModule.loadTrainable(
            program, Weights.source(weights), device, numerics.precision(), checkpointed);
    try {
      for (NDArray parameter : module.parameters()) {
        parameters.put(parameter.getName(), parameter);
      }
      this.tail = tail.open(device);
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /** Trains these parameters from now on, and freezes the others. */
  void train(ParameterGroups groups) {
    gradients.clear();
    parameters.forEach(
        (name, parameter) -> {
          boolean trained = groups.trains(name);
          JniUtils.attachGradient((PtNDArray) parameter, trained);
          if (trained) {
            gradients.put(name, made.computeIfAbsent(name, n -> gradientOf(parameter)));
          }
        });
  }

  /** Makes the gradient once: the backward pass adds to this very array from then on. */
  private static NDArray gradientOf(NDArray parameter) {
    try (NDManager scope = parameter.getManager().newSubManager()) {
      boolean before = JniUtils.isGradMode();
      JniUtils.setGradMode(true);
      try {
        NDArray sum = parameter.sum();
        sum.attach(scope);
        TorchModule.backward(sum, 1);
      } finally {
        JniUtils.setGradMode(before);
      }
    }
    JniUtils.zeroGrad((PtNDArray) parameter);
    return JniUtils.getGradient((PtNDArray) parameter);
  }

  TorchModule module() {
    return module;
  }

  /** The parameters by name, frozen ones included; buffers are not among them. */
  Map<String, NDArray> parameters() {
    return parameters;
  }

  /** The gradients of those that are trained, in the same order. */
  Map<String, NDArray> gradients() {
    return gradients;
  }

  /**
   * Computes a loss and adds its gradients.
   *
   * @param clock counts the time
   * @param gradient the factor of these gradients
   * @return the loss itself
   */
  float accumulate(StepClock clock, String function, double gradient, NDArray... inputs) {
    if (checkpointed && TorchScriptArchive.isCheckpointable(program.function(function))) {
      try (NDList results = module.runCheckpointed(function, gradient, inputs)) {
        return value(results.get(0), clock);
      }
    }
    try (NDList results = module.runRecorded(function, inputs)) {
      NDArray loss = TorchModule.recorded(() -> tail.complete(results));
      clock.lap(StepClock.Phase.FORWARD);
      TorchModule.backward(loss, gradient);
      return value(loss, clock);
    }
  }

  private static float value(NDArray loss, StepClock clock) {
    float value = loss.toFloatArray()[0];
    clock.lap(StepClock.Phase.BACKWARD);
    return value;
  }

  @Override
  public void close() {
    tail.close();
    module.close();
  }
}
