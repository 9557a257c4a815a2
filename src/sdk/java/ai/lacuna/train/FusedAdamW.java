package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.lacuna.engine.TorchModule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW by libtorch's fused kernel: one native call updates a whole group. Two groups: parameters
 * that decay, and one-dimensional ones that do not.
 */
final class FusedAdamW implements AutoCloseable {
  // The lists are arguments: PyTorch removes in-place operations on lists made inside as dead code.
  private static final String METHODS =
      """
        def step(self: SELF,
          params: List[Tensor],
          grads: List[Tensor],
          means: List[Tensor],
          squares: List[Tensor],
          counts: List[Tensor],
          count: Tensor,
          lr: float,
          beta1: float,
          beta2: float,
          decay: float,
          eps: float) -> NoneType:
          _0 = torch.add_(count, 1)
          torch._fused_adamw_(params, grads, means, squares, annotate(List[Tensor], []), counts, \
      lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
          torch._foreach_zero_(grads)
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
  private final List<NDArray> gradients;
  private final List<NDArray> means = new ArrayList<>();
  private final List<NDArray> squares = new ArrayList<>();
  private final NDArray count;
  private final NDManager manager;
  private final TorchModule kernels;
  private final List<Group> groups = new ArrayList<>();
  private final List<IValue> owned = new ArrayList<>();
  private final IValue allParameters;
  private final IValue allGradients;

  private record Group(
      IValue params, IValue grads, IValue means, IValue squares, IValue counts, double decay) {}

  FusedAdamW(
      AdamW settings,
      List<NDArray> parameters,
      List<NDArray> gradients,
      Device device,
      NDManager manager) {
    this.settings = settings;
    this.gradients = gradients;
    this.manager = manager;
    this.kernels = TorchModule.loadMethods(METHODS, device);
    for (NDArray parameter : parameters) {
      means.add(manager.zeros(parameter.getShape()));
      squares.add(manager.zeros(parameter.getShape()));
    }
    this.count = manager.zeros(new Shape(), DataType.FLOAT32);
    this.allParameters = list(parameters);
    this.allGradients = list(gradients);
    for (boolean decays : new boolean[] {true, false}) {
      List<Integer> members = new ArrayList<>();
      for (int i = 0; i < parameters.size(); i++) {
        if (parameters.get(i).getShape().dimension() > 1 == decays) {
          members.add(i);
        }
      }
      if (!members.isEmpty()) {
        groups.add(group(parameters, members, decays ? settings.weightDecay() : 0));
      }
    }
  }

  private Group group(List<NDArray> parameters, List<Integer> members, double decay) {
    return new Group(
        list(members.stream().map(parameters::get).toList()),
        list(members.stream().map(gradients::get).toList()),
        list(members.stream().map(means::get).toList()),
        list(members.stream().map(squares::get).toList()),
        list(members.stream().map(i -> count).toList()),
        decay);
  }

  private IValue list(List<NDArray> arrays) {
    IValue value = IValue.listFrom(arrays.toArray(PtNDArray[]::new));
    owned.add(value);
    return value;
  }

  void step(double learningRate, double meanDecay) {
    boolean counted = false;
    for (Group group : groups) {
      // Both groups read one count of steps; the first call advances it for both.
      try (NDManager scope = manager.newSubManager();
          IValue scratch = IValue.from((PtNDArray) scope.create(0f));
          IValue steps = IValue.from((PtNDArray) count);
          IValue lr = IValue.from(learningRate);
          IValue beta1 = IValue.from(meanDecay);
          IValue beta2 = IValue.from(settings.beta2());
          IValue decay = IValue.from(group.decay);
          IValue epsilon = IValue.from(settings.epsilon())) {
        kernels
            .run(
                "step",
                group.params,
                group.grads,
                group.means,
                group.squares,
                group.counts,
                counted ? scratch : steps,
                lr,
                beta1,
                beta2,
                decay,
                epsilon)
            .close();
        counted = true;
      }
    }
  }

  /** The Euclidean norm of all gradients together; not finite if one of them is not. */
  double gradientNorm() {
    return norm("norm", allGradients);
  }

  /** True when no parameter is infinite or not a number. */
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

  NDArray gradient(int index) {
    return gradients.get(index);
  }

  long steps() {
    return (long) count.toFloatArray()[0];
  }

  /** The live arrays of the state by name; writing to them restores it. */
  Map<String, NDArray> state(List<String> names) {
    Map<String, NDArray> state = new LinkedHashMap<>();
    state.put("step", count);
    for (int i = 0; i < names.size(); i++) {
      state.put("exp_avg." + names.get(i), means.get(i));
      state.put("exp_avg_sq." + names.get(i), squares.get(i));
    }
    return state;
  }

  @Override
  public void close() {
    owned.forEach(IValue::close);
    owned.clear();
    kernels.close();
  }
}
