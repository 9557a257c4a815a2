package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Program;
import ai.lacuna.weights.NamedTensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One network on several devices. Part i of a step is computed by replica i modulo their number,
 * each replica on its own thread; a single one computes on the caller's.
 */
final class Replicas implements AutoCloseable {
  // The lists are arguments: PyTorch removes in-place operations on lists made inside as dead code.
  private static final String METHODS =
      """
        def add(self: SELF, to: List[Tensor], more: List[Tensor]) -> NoneType:
          torch._foreach_add_(to, more)
          return None
        def zero(self: SELF, tensors: List[Tensor]) -> NoneType:
          torch._foreach_zero_(tensors)
          return None
        def copy(self: SELF, to: List[Tensor], source: List[Tensor]) -> NoneType:
          torch._foreach_copy_(to, source)
          return None
      """;

  private final List<Replica> all = new ArrayList<>();
  private final List<ExecutorService> threads = new ArrayList<>();
  private final List<TorchModule> kernels = new ArrayList<>();

  private Replicas() {}

  static Replicas load(
      Program program,
      NamedTensors weights,
      Numerics numerics,
      List<Device> devices,
      LossTail.Factory tail) {
    if (devices.isEmpty()) {
      throw new IllegalArgumentException("devices: expected at least one, found none");
    }
    Replicas replicas = new Replicas();
    try {
      for (Device device : devices) {
        replicas.all.add(new Replica(program, weights, numerics, device, tail));
      }
      if (devices.size() > 1) {
        replicas.kernels.add(TorchModule.loadMethods(METHODS, devices.get(0)));
        for (int i = 0; i < devices.size(); i++) {
          String name = "lacuna-replica-" + i;
          replicas.threads.add(
              Executors.newSingleThreadExecutor(
                  work -> {
                    Thread thread = new Thread(work, name);
                    thread.setDaemon(true);
                    return thread;
                  }));
        }
      }
      return replicas;
    } catch (RuntimeException e) {
      replicas.close();
      throw e;
    }
  }

  Replica lead() {
    return all.get(0);
  }

  int count() {
    return all.size();
  }

  void train(ParameterGroups groups) {
    all.forEach(replica -> replica.train(groups));
  }

  /** Adds the parts' weighted gradients, times the scale, to the lead's; returns the loss. */
  double accumulate(List<Part> parts, double scale, StepClock clock) {
    if (all.size() == 1) {
      return sum(compute(0, parts, scale, clock));
    }
    List<Future<List<Double>>> running = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      int index = i;
      running.add(threads.get(i).submit(() -> compute(index, parts, scale, new StepClock())));
    }
    double loss = 0;
    // All are waited for, also when one fails: none may compute on while the caller cleans up.
    List<RuntimeException> failures = new ArrayList<>();
    for (Future<List<Double>> future : running) {
      try {
        loss += sum(ended(future));
      } catch (ExecutionException e) {
        failures.add(new IllegalStateException("replica: " + e.getCause(), e.getCause()));
      }
    }
    if (!failures.isEmpty()) {
      throw failures.get(0);
    }
    gather();
    // What the replicas do at once can't be told apart.
    clock.lap(StepClock.Phase.BACKWARD);
    return loss;
  }

  /** Waits to the end also if the caller is interrupted, as one replica on its own thread does. */
  private static <T> T ended(Future<T> future) throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static double sum(List<Double> losses) {
    return losses.stream().mapToDouble(Double::doubleValue).sum();
  }

  private List<Double> compute(int index, List<Part> parts, double scale, StepClock clock) {
    Replica replica = all.get(index);
    List<Double> losses = new ArrayList<>();
    for (int i = index; i < parts.size(); i += all.size()) {
      Part part = parts.get(i);
      try (NDManager manager = replica.module().newManager()) {
        NDArray[] inputs = part.inputs().apply(manager);
        clock.lap(StepClock.Phase.TRANSFER);
        float loss = replica.accumulate(clock, part.function(), part.weight() * scale, inputs);
        losses.add(part.weight() * loss);
      }
    }
    return losses;
  }

  /** Adds the gradients of the others to the lead's, in order, and clears them. */
  private void gather() {
    for (Replica other : all.subList(1, all.size())) {
      try (NDManager scope = lead().module().newManager();
          IValue gradients = list(other.gradients().values())) {
        run("add", lead().gradients().values(), onLead(scope, other));
        kernels.get(0).run("zero", gradients).close();
      }
    }
  }

  /**
   * The gradients of another where the lead is. Not by DJL's NDArray.toDevice: with each array it
   * makes a manager that stays as long as the replica.
   */
  private Collection<NDArray> onLead(NDManager scope, Replica other) {
    Collection<NDArray> gradients = other.gradients().values();
    if (other.module().device().equals(lead().module().device())) {
      return gradients;
    }
    List<NDArray> copies = gradients.stream().map(there -> scope.create(there.getShape())).toList();
    run("copy", copies, gradients);
    return copies;
  }

  /** Gives the others the lead's parameters. */
  void broadcast() {
    for (Replica other : all.subList(1, all.size())) {
      run("copy", other.parameters().values(), lead().parameters().values());
    }
  }

  private void run(String function, Collection<NDArray> to, Collection<NDArray> from) {
    try (IValue target = list(to);
        IValue source = list(from)) {
      kernels.get(0).run(function, target, source).close();
    }
  }

  private static IValue list(Collection<NDArray> arrays) {
    return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
  }

  @Override
  public void close() {
    threads.forEach(ExecutorService::shutdown);
    kernels.forEach(TorchModule::close);
    all.forEach(Replica::close);
  }
}
