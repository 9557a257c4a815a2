package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.lacuna.engine.HostCopy;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.train.ParameterGroups.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * AdamW by libtorch's fused kernel: one native call updates a whole group of parameters that move
 * alike. The state of a parameter, with its own count of steps, is made when it is first trained,
 * and kept while it is frozen if it has made a step.
 */
final class FusedAdamW implements AutoCloseable {
  /** The count of all steps in the state. */
  static final String STEP = "step";

  private static final String OWN_STEP = STEP + ".";
  private static final String MEAN = "exp_avg.";
  private static final String SQUARE = "exp_avg_sq.";

  // The lists are arguments: PyTorch removes in-place operations on lists made inside as dead code.
  private static final String METHODS =
      """
        def step(self: SELF,
          params: List[Tensor],
          grads: List[Tensor],
          means: List[Tensor],
          squares: List[Tensor],
          counts: List[Tensor],
          lr: float,
          beta1: float,
          beta2: float,
          decay: float,
          eps: float) -> NoneType:
          torch._foreach_add_(counts, 1)
          torch._fused_adamw_(params, grads, means, squares, annotate(List[Tensor], []), counts, \
      lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
          torch._foreach_zero_(grads)
          return None
        def count(self: SELF, steps: Tensor) -> NoneType:
          _0 = torch.add_(steps, 1)
          return None
        def scale(self: SELF, tensors: List[Tensor], factor: float) -> NoneType:
          torch._foreach_mul_(tensors, factor)
          return None
        def assign(self: SELF, to: Tensor, values: Tensor) -> NoneType:
          _0 = torch.copy_(to, values)
          return None
        def zero(self: SELF, tensors: List[Tensor]) -> NoneType:
          torch._foreach_zero_(tensors)
          return None
        def norm(self: SELF, tensors: List[Tensor]) -> Tensor:
          norms = torch._foreach_norm(tensors, 2)
          return torch.linalg_vector_norm(torch.stack(norms), 2)
        def largest(self: SELF, tensors: List[Tensor]) -> Tensor:
          norms = torch._foreach_norm(tensors, inf)
          return torch.linalg_vector_norm(torch.stack(norms), inf)
      """;

  private final AdamW settings;
  private final Map<String, NDArray> parameters;
  private final Map<String, State> states = new LinkedHashMap<>();
  private final NDArray steps;
  private final NDManager manager;
  private final TorchModule kernels;
  private final List<Group> groups = new ArrayList<>();
  private final List<IValue> owned = new ArrayList<>();
  private Map<String, NDArray> gradients = Map.of();
  private IValue allParameters;
  private IValue allGradients;

  private record State(NDArray mean, NDArray square, NDArray count) {
    void close() {
      mean.close();
      square.close();
      count.close();
    }
  }

  private record Group(
      IValue params, IValue grads, IValue means, IValue squares, IValue counts, Setting setting) {}

  /** For all parameters; none is trained before {@link #train}. */
  FusedAdamW(AdamW settings, Map<String, NDArray> parameters, Device device, NDManager manager) {
    this.settings = settings;
    this.parameters = parameters;
    this.manager = manager;
    this.kernels = TorchModule.loadMethods(METHODS, device);
    try {
      this.steps = manager.zeros(new Shape(), DataType.FLOAT32);
      this.allParameters = list(parameters.values());
      this.allGradients = list(parameters.values());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Trains these parameters from now on, and no others. */
  void train(Map<String, NDArray> newGradients, ParameterGroups plan) {
    owned.forEach(IValue::close);
    owned.clear();
    groups.clear();
    gradients = newGradients;
    states
        .entrySet()
        .removeIf(
            entry -> {
              boolean used =
                  gradients.containsKey(entry.getKey()) || count(entry.getValue().count) > 0;
              if (!used) {
                entry.getValue().close();
              }
              return !used;
            });
    Map<Setting, List<String>> alike = new LinkedHashMap<>();
    for (String name : gradients.keySet()) {
      Setting setting = plan.settings().get(name);
      if (setting == null) {
        throw new IllegalArgumentException(name + ": expected a setting, found none");
      }
      alike.computeIfAbsent(setting, s -> new ArrayList<>()).add(name);
    }
    alike.forEach((setting, names) -> groups.add(group(names, setting)));
    allParameters = list(gradients.keySet().stream().map(this::parameter).toList());
    allGradients = list(gradients.values());
  }

  private Group group(List<String> names, Setting setting) {
    List<State> members = names.stream().map(this::state).toList();
    return new Group(
        list(names.stream().map(this::parameter).toList()),
        list(names.stream().map(this::gradient).toList()),
        list(members.stream().map(State::mean).toList()),
        list(members.stream().map(State::square).toList()),
        list(members.stream().map(State::count).toList()),
        setting);
  }

  private State state(String name) {
    return states.computeIfAbsent(
        name,
        n ->
            new State(
                manager.zeros(parameter(n).getShape()),
                manager.zeros(parameter(n).getShape()),
                manager.zeros(new Shape(), DataType.FLOAT32)));
  }

  private NDArray parameter(String name) {
    return require(parameters, name);
  }

  /** The gradient of a parameter that is trained. */
  NDArray gradient(String name) {
    return require(gradients, name);
  }

  private static NDArray require(Map<String, NDArray> arrays, String name) {
    NDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          name + ": expected a parameter that is trained, one of " + arrays.keySet());
    }
    return array;
  }

  private IValue list(Collection<NDArray> arrays) {
    IValue value = IValue.listFrom(arrays.toArray(PtNDArray[]::new));
    owned.add(value);
    return value;
  }

  void step(double learningRate, double meanDecay) {
    for (Group group : groups) {
      try (IValue lr = IValue.from(learningRate * group.setting.rateFactor());
          IValue beta1 = IValue.from(meanDecay);
          IValue beta2 = IValue.from(settings.beta2());
          IValue decay = IValue.from(group.setting.weightDecay());
          IValue epsilon = IValue.from(settings.epsilon())) {
        kernels
            .run(
                "step",
                group.params,
                group.grads,
                group.means,
                group.squares,
                group.counts,
                lr,
                beta1,
                beta2,
                decay,
                epsilon)
            .close();
      }
    }
    try (IValue count = IValue.from((PtNDArray) steps)) {
      kernels.run("count", count).close();
    }
  }

  /** The Euclidean norm of all gradients together; not finite if one of them is not. */
  double gradientNorm() {
    return norm("norm", allGradients);
  }

  /** True when no trained parameter is infinite or not a number. */
  boolean hasFiniteParameters() {
    return Double.isFinite(norm("largest", allParameters));
  }

  private double norm(String kind, IValue tensors) {
    try (NDManager scope = manager.newSubManager();
        IValue result = kernels.run(kind, tensors)) {
      return result.toTensor((PtNDManager) scope).toFloatArray()[0];
    }
  }

  /** Writes into a live array. DJL's own way, NDArray.set, makes libtorch print a warning. */
  void assign(NDArray to, NDArray values) {
    try (IValue target = IValue.from((PtNDArray) to);
        IValue source = IValue.from((PtNDArray) values)) {
      kernels.run("assign", target, source).close();
    }
  }

  void scaleGradients(double factor) {
    try (IValue number = IValue.from(factor)) {
      kernels.run("scale", allGradients, number).close();
    }
  }

  void clearGradients() {
    kernels.run("zero", allGradients).close();
  }

  long steps() {
    return count(steps);
  }

  private static long count(NDArray steps) {
    return (long) HostCopy.floats(steps)[0];
  }

  /**
   * The live arrays of the state by name; writing to them restores it. The count of a parameter is
   * among them if it is another one than that of all steps.
   */
  Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    state.put(STEP, steps);
    long all = steps();
    for (String name : parameters.keySet()) {
      State own = states.get(name);
      if (own != null) {
        state.put(MEAN + name, own.mean);
        state.put(SQUARE + name, own.square);
        if (count(own.count) != all) {
          state.put(OWN_STEP + name, own.count);
        }
      }
    }
    return state;
  }

  /**
   * Makes room for a saved state; returns the live arrays that take its tensors, by name. A
   * parameter that was not trained has none there and begins anew; a state with none at all is of
   * another network, whose lack the caller finds.
   */
  Map<String, NDArray> stateFor(Set<String> saved) {
    List<String> names =
        parameters.keySet().stream().filter(name -> saved.contains(MEAN + name)).toList();
    if (names.isEmpty()) {
      names = List.copyOf(states.keySet());
    }
    Map<String, NDArray> state = new LinkedHashMap<>();
    state.put(STEP, steps);
    for (String name : names) {
      State own = state(name);
      state.put(MEAN + name, own.mean);
      state.put(SQUARE + name, own.square);
      state.put(OWN_STEP + name, own.count);
    }
    return state;
  }

  /** The tensor that a live array of {@link #stateFor} takes: a count of its own, or all steps. */
  static String savedName(String name, Set<String> saved) {
    return name.startsWith(OWN_STEP) && !saved.contains(name) ? STEP : name;
  }

  @Override
  public void close() {
    owned.forEach(IValue::close);
    owned.clear();
    kernels.close();
  }
}
