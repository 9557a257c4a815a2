package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network in training: its weights, their gradients, and the state of AdamW.
 *
 * <p>A step is any number of {@link #accumulate} calls and one {@link #step}. Owns native memory;
 * for one thread at a time.
 */
public final class Trainee implements AutoCloseable {
  private final Program program;
  private final NamedTensors fixed;
  private final TorchModule module;
  private final NDManager manager;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final FusedAdamW optimizer;
  private final StepClock clock = new StepClock();

  /**
   * Loads a network for training.
   *
   * @param program its functions and parameters
   * @param weights values of all parameters
   * @param adamW the optimizer's settings
   * @param device where it trains
   * @throws WeightsException if the weights do not fit
   */
  public Trainee(Program program, NamedTensors weights, AdamW adamW, Device device) {
    this.program = program;
    this.fixed = weights;
    this.module = TorchModule.load(program, Weights.source(weights), device, true);
    this.manager = module.newManager();
    for (NDArray parameter : module.parameters()) {
      parameters.put(parameter.getName(), parameter);
    }
    List<NDArray> gradients = new ArrayList<>();
    for (NDArray parameter : parameters.values()) {
      gradients.add(gradientOf(parameter));
    }
    this.optimizer =
        new FusedAdamW(adamW, List.copyOf(parameters.values()), gradients, device, manager);
  }

  /** Makes the gradient once: the backward pass adds to this very array from then on. */
  private static NDArray gradientOf(NDArray parameter) {
    JniUtils.attachGradient((PtNDArray) parameter, true);
    try (NDManager scope = parameter.getManager().newSubManager()) {
      boolean before = JniUtils.isGradMode();
      JniUtils.setGradMode(true);
      try {
        NDArray sum = parameter.sum();
        sum.attach(scope);
        TorchModule.backward(sum);
      } finally {
        JniUtils.setGradMode(before);
      }
    }
    JniUtils.zeroGrad((PtNDArray) parameter);
    return JniUtils.getGradient((PtNDArray) parameter);
  }

  /** The device that it trains on. */
  public Device device() {
    return module.device();
  }

  /** A new manager on the device for the arrays of one step; the caller closes it. */
  public NDManager newManager() {
    return module.newManager();
  }

  /**
   * Computes a loss and adds its gradients to those of this step.
   *
   * @param function a function whose first result is a scalar
   * @param inputs its arguments
   * @return the loss
   */
  public float accumulate(String function, NDArray... inputs) {
    try (NDList results = module.runRecorded(function, inputs)) {
      NDArray loss = results.get(0);
      clock.lap(StepClock.Phase.FORWARD);
      TorchModule.backward(loss);
      float value = loss.toFloatArray()[0];
      clock.lap(StepClock.Phase.BACKWARD);
      return value;
    }
  }

  /** Runs a function without gradients; results belong to the manager of the first input. */
  public NDList run(String function, NDArray... inputs) {
    return module.run(function, inputs);
  }

  /** The Euclidean norm of all gradients of this step together. */
  public double gradientNorm() {
    return optimizer.gradientNorm();
  }

  /** A copy of one parameter's gradient, in row-major order. */
  public float[] gradient(String parameter) {
    return optimizer.gradient(List.copyOf(parameters.keySet()).indexOf(parameter)).toFloatArray();
  }

  /**
   * Updates the parameters and sets the gradients to 0.
   *
   * @param learningRate the rate of this step
   */
  public void step(double learningRate) {
    optimizer.step(learningRate);
    clock.lap(StepClock.Phase.STEP);
  }

  /** Counts where the time goes; the forward pass, the backward pass and the step lap it. */
  public StepClock clock() {
    return clock;
  }

  /** Steps done, those before a resume included. */
  public long steps() {
    return optimizer.steps();
  }

  /** How many arrays the network and its steps hold in native memory. */
  public int managedArrays() {
    return module.managedArrays();
  }

  /** A copy of all parameters, fixed ones included. */
  public NamedTensors weights() {
    NamedTensors.Builder tensors = NamedTensors.builder();
    for (Parameter parameter : program.parameters()) {
      NDArray trained = parameters.get(parameter.name());
      Tensor tensor = trained == null ? fixed.require(parameter.name()) : copy(trained);
      tensors.add(parameter.name(), tensor);
    }
    return tensors.build();
  }

  /** A copy of the optimizer's state: means, squares and the count of steps. */
  public NamedTensors optimizerState() {
    NamedTensors.Builder tensors = NamedTensors.builder();
    optimizer
        .state(List.copyOf(parameters.keySet()))
        .forEach((name, array) -> tensors.add(name, copy(array)));
    return tensors.build();
  }

  /**
   * Puts back what {@link #optimizerState} gave.
   *
   * @throws WeightsException if it is of another network
   */
  public void restoreOptimizer(NamedTensors state) {
    Map<String, NDArray> arrays = optimizer.state(List.copyOf(parameters.keySet()));
    arrays.forEach(
        (name, array) -> {
          Tensor tensor = state.require(name);
          if (!Arrays.equals(tensor.shape(), array.getShape().getShape())) {
            throw new WeightsException(
                "optimizer state " + name + ": expected " + array.getShape() + ", found " + tensor);
          }
          array.set(tensor.toFloats());
        });
  }

  private static Tensor copy(NDArray array) {
    ByteBuffer bytes = array.toByteBuffer();
    ByteBuffer own = ByteBuffer.allocateDirect(bytes.remaining()).order(bytes.order());
    own.put(bytes).flip();
    return Tensor.of(Tensor.Type.F32, own, array.getShape().getShape());
  }

  @Override
  public void close() {
    optimizer.close();
    manager.close();
    module.close();
  }
}
