package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.lacuna.engine.HostCopy;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network in training: its weights, their gradients, and the state of AdamW.
 *
 * <p>A step is any number of {@link #accumulate} calls and one {@link #step}. With several devices
 * each holds a replica of the network and computes parts of a step on a thread of its own; the
 * first one holds the optimizer. Owns native memory; for one thread at a time.
 */
public final class Trainee implements AutoCloseable {
  /** Added to the norm that a clipping limit is divided by; PyTorch's value. */
  private static final double CLIP_EPSILON = 1e-6;

  private final Program program;
  private final AdamW adamW;
  private final NamedTensors fixed;
  private final Numerics numerics;
  private final LossScale lossScale;
  private final Replicas replicas;
  private final Replica lead;
  private final NDManager manager;
  private final FusedAdamW optimizer;
  private final StepClock clock = new StepClock();

  /** None, or one. */
  private final List<Average> average = new ArrayList<>();

  /**
   * Loads a network for training in float32 on one device.
   *
   * @param program its functions and parameters
   * @param weights values of all parameters
   * @param adamW the optimizer's settings
   * @param device where it trains
   * @throws WeightsException if the weights do not fit
   */
  public Trainee(Program program, NamedTensors weights, AdamW adamW, Device device) {
    this(program, weights, adamW, Numerics.plain(), List.of(device));
  }

  /**
   * Loads a network for training.
   *
   * @param program its functions and parameters
   * @param weights values of all parameters
   * @param adamW the optimizer's settings
   * @param numerics types, memory and guards
   * @param devices where it trains, a replica on each, at least one; a device may appear twice
   * @throws WeightsException if the weights do not fit
   */
  public Trainee(
      Program program, NamedTensors weights, AdamW adamW, Numerics numerics, List<Device> devices) {
    this(program, weights, adamW, numerics, devices, device -> LossTail.none());
  }

  /**
   * Loads a network for training with a loss that its graph does not compute alone.
   *
   * @param program its functions and parameters
   * @param weights values of all parameters
   * @param adamW the optimizer's settings
   * @param numerics types, memory and guards; a tail needs activations that are kept
   * @param devices where it trains, a replica on each, at least one; a device may appear twice
   * @param tail completes the loss, on each device
   * @throws WeightsException if the weights do not fit
   */
  public Trainee(
      Program program,
      NamedTensors weights,
      AdamW adamW,
      Numerics numerics,
      List<Device> devices,
      LossTail.Factory tail) {
    this(
        program,
        weights,
        adamW,
        numerics,
        devices,
        tail,
        ParameterGroups.uniform(program, adamW.weightDecay()));
  }

  /**
   * Loads a network of which some parameters are frozen at first: they take no memory of gradients
   * and of the optimizer before they are trained.
   *
   * @param program its functions and parameters
   * @param weights values of all parameters
   * @param adamW the optimizer's settings
   * @param numerics types, memory and guards
   * @param devices where it trains, a replica on each, at least one; a device may appear twice
   * @param groups what is trained, as by {@link #train}
   * @throws WeightsException if the weights do not fit
   * @throws IllegalArgumentException if no parameter is left to train
   */
  public Trainee(
      Program program,
      NamedTensors weights,
      AdamW adamW,
      Numerics numerics,
      List<Device> devices,
      ParameterGroups groups) {
    this(program, weights, adamW, numerics, devices, device -> LossTail.none(), groups);
  }

  private Trainee(
      Program program,
      NamedTensors weights,
      AdamW adamW,
      Numerics numerics,
      List<Device> devices,
      LossTail.Factory tail,
      ParameterGroups groups) {
    this.program = program;
    this.adamW = adamW;
    this.fixed = weights;
    this.numerics = numerics;
    this.lossScale = new LossScale(numerics);
    this.replicas = Replicas.load(program, weights, numerics, devices, tail);
    this.lead = replicas.lead();
    try {
      this.manager = lead.module().newManager();
      this.optimizer = new FusedAdamW(adamW, lead.parameters(), devices.get(0), manager);
    } catch (RuntimeException e) {
      replicas.close();
      throw e;
    }
    try {
      train(groups);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Trains some parameters from now on, each as its setting says, and freezes the others. What the
   * optimizer knows of a parameter stays while it is frozen; gradients of a step that is not done
   * are lost.
   *
   * @param groups settings by name; names that the network does not have are ignored
   * @throws IllegalArgumentException if no parameter is left to train
   */
  public void train(ParameterGroups groups) {
    if (lead.parameters().keySet().stream().noneMatch(groups::trains)) {
      throw new IllegalArgumentException(
          "parameter groups: expected at least one parameter of the network, found none of them");
    }
    if (!lead.gradients().isEmpty()) {
      optimizer.clearGradients();
    }
    replicas.train(groups);
    optimizer.train(lead.gradients(), groups);
  }

  /**
   * Keeps a moving average of the parameters from now on, see {@link #averagedWeights}.
   *
   * @param decay share of the average that a step keeps, above 0 and below 1; smaller in the first
   *     steps
   */
  public void average(double decay) {
    if (!(decay > 0 && decay < 1)) {
      throw new IllegalArgumentException(
          "average: expected a decay above 0 and below 1, found " + decay);
    }
    average.forEach(Average::close);
    average.clear();
    average.add(new Average(decay, lead.parameters(), device(), manager));
  }

  /** The device that holds the optimizer. */
  public Device device() {
    return lead.module().device();
  }

  /** Replicas of the network: the number of devices. */
  public int replicas() {
    return replicas.count();
  }

  /** A new manager on the device for the arrays of one step; the caller closes it. */
  public NDManager newManager() {
    return lead.module().newManager();
  }

  /**
   * Computes a loss on the first device and adds its gradients to those of this step.
   *
   * @param function a function whose first result is a scalar
   * @param inputs its arguments
   * @return the loss
   */
  public float accumulate(String function, NDArray... inputs) {
    return lead.accumulate(clock, function, lossScale.scale(), inputs);
  }

  /**
   * Computes the parts of a step on all devices, in turn and at once, and adds their gradients,
   * weighted, to those of this step. They are added in a fixed order.
   *
   * @param parts shares of the step's batch
   * @return the step's loss: the weighted sum of the parts'
   */
  public double accumulate(List<Part> parts) {
    return replicas.accumulate(parts, lossScale.scale(), clock);
  }

  /** Runs a function without gradients; results belong to the manager of the first input. */
  public NDList run(String function, NDArray... inputs) {
    return lead.module().run(function, inputs);
  }

  /** The Euclidean norm of all gradients of this step together; not finite if one is not. */
  public double gradientNorm() {
    return optimizer.gradientNorm() / lossScale.scale();
  }

  /**
   * A copy of the gradient of a parameter that is trained, in row-major order, times the loss scale
   * of float16.
   */
  public float[] gradient(String parameter) {
    return HostCopy.floats(optimizer.gradient(parameter));
  }

  /**
   * Updates the parameters, unless a gradient is not finite, and sets the gradients to 0. Gradients
   * whose norm is above the limit of {@link Numerics#clipNorm} are scaled to it first, as PyTorch's
   * {@code clip_grad_norm_} does.
   *
   * @param learningRate the rate of this step
   * @return what was done
   */
  public Update step(double learningRate) {
    return step(learningRate, Double.NaN);
  }

  /**
   * As {@link #step(double)}, with another momentum.
   *
   * @param learningRate the rate of this step
   * @param beta1 decay of the mean of gradients at this step; NaN for that of the settings
   * @return what was done
   */
  public Update step(double learningRate, double beta1) {
    try {
      return update(learningRate, beta1);
    } finally {
      clock.lap(StepClock.Phase.STEP);
    }
  }

  private Update update(double learningRate, double beta1) {
    double norm = unscaleAndClip();
    if (!Double.isFinite(norm)) {
      optimizer.clearGradients();
      return new Update(false, lossScale.overflowed(), norm);
    }
    optimizer.step(learningRate, Double.isNaN(beta1) ? adamW.beta1() : beta1);
    lossScale.succeeded();
    replicas.broadcast();
    average.forEach(a -> a.update(optimizer.steps()));
    return new Update(true, false, norm);
  }

  /** Counts where the time goes; the forward pass, the backward pass and the step lap it. */
  public StepClock clock() {
    return clock;
  }

  /** Takes the loss scale out of the gradients and limits their norm; returns the norm before. */
  double unscaleAndClip() {
    double norm = gradientNorm();
    double factor = 1 / lossScale.scale();
    if (numerics.clipNorm() > 0) {
      factor *= Math.min(1, numerics.clipNorm() / (norm + CLIP_EPSILON));
    }
    if (Double.isFinite(norm) && factor != 1) {
      optimizer.scaleGradients(factor);
    }
    return norm;
  }

  /** True when no parameter is infinite or not a number. */
  public boolean hasFiniteWeights() {
    return optimizer.hasFiniteParameters();
  }

  /** The factor of float16 gradients while they are computed; 1 in other precisions. */
  public double lossScale() {
    return lossScale.scale();
  }

  /** Steps done, those before a resume included. */
  public long steps() {
    return optimizer.steps();
  }

  /** How many arrays the network and its steps hold in native memory. */
  public int managedArrays() {
    return lead.module().managedArrays();
  }

  /** A copy of all parameters, fixed ones included. */
  public NamedTensors weights() {
    return weights(lead.parameters());
  }

  /** As {@link #weights}, of the moving average; without one, the weights themselves. */
  public NamedTensors averagedWeights() {
    return average.isEmpty() ? weights() : weights(average.get(0).averages());
  }

  private NamedTensors weights(Map<String, NDArray> live) {
    NamedTensors.Builder tensors = NamedTensors.builder();
    for (Parameter parameter : program.parameters()) {
      NDArray trained = live.get(parameter.name());
      Tensor tensor = trained == null ? fixed.require(parameter.name()) : copy(trained);
      tensors.add(parameter.name(), tensor);
    }
    return tensors.build();
  }

  /**
   * A copy of the optimizer's state: means, squares, counts of steps, float16's loss scale, and the
   * moving average if there is one.
   */
  public NamedTensors optimizerState() {
    NamedTensors.Builder tensors = NamedTensors.builder();
    optimizer.state().forEach((name, array) -> tensors.add(name, copy(array)));
    average.forEach(
        a -> a.averages().forEach((name, array) -> tensors.add(Average.NAME + name, copy(array))));
    lossScale.save(tensors);
    return tensors.build();
  }

  /**
   * Puts back what {@link #optimizerState} gave. A parameter that was frozen then, and the moving
   * average if there was none, begin anew.
   *
   * @throws WeightsException if it is of another network
   */
  public void restoreOptimizer(NamedTensors state) {
    Set<String> saved = Set.copyOf(state.names());
    optimizer
        .stateFor(saved)
        .forEach((name, array) -> restore(array, state, FusedAdamW.savedName(name, saved)));
    if (saved.stream().anyMatch(name -> name.startsWith(Average.NAME))) {
      average.forEach(
          a -> a.averages().forEach((name, array) -> restore(array, state, Average.NAME + name)));
    }
    lossScale.restore(state);
  }

  private void restore(NDArray array, NamedTensors state, String name) {
    Tensor tensor = state.require(name);
    if (!Arrays.equals(tensor.shape(), array.getShape().getShape())) {
      throw new WeightsException(
          "optimizer state " + name + ": expected " + array.getShape() + ", found " + tensor);
    }
    try (NDArray values = manager.create(tensor.toFloats(), array.getShape())) {
      optimizer.assign(array, values);
    }
  }

  private static Tensor copy(NDArray array) {
    ByteBuffer own =
        HostCopy.read(
            array,
            host -> {
              ByteBuffer bytes = host.toByteBuffer();
              return ByteBuffer.allocateDirect(bytes.remaining())
                  .order(bytes.order())
                  .put(bytes)
                  .flip();
            });
    return Tensor.of(Tensor.Type.F32, own, array.getShape().getShape());
  }

  @Override
  public void close() {
    average.forEach(Average::close);
    optimizer.close();
    manager.close();
    replicas.close();
  }
}
