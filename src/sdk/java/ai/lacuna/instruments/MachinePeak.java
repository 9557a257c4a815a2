package ai.lacuna.instruments;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.lacuna.engine.Devices;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.DType;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How fast a device multiplies matrices, measured.
 *
 * <p>A large linear layer, computed by the kernel that trains such layers, comes near to what a
 * device can do. Other work on the same cores lowers the figure, as it lowers that of the training.
 */
public final class MachinePeak {
  private static final int CPU_SIDE = 2048;
  private static final int GPU_SIDE = 8192;

  /** Of one trial on a GPU, so that casts, launches and the wait count for little. */
  private static final int GPU_PRODUCTS = 4;

  private static final int TRIALS = 5;

  /** No further trial begins after it: a CPU without 16-bit products takes long for one. */
  private static final double ENOUGH_SECONDS = 0.2;

  private static final double NANOS = 1e9;
  private static final String PRODUCTS = "products";

  private static final Map<Kind, Double> MEASURED = new ConcurrentHashMap<>();

  private record Kind(String device, Precision precision) {}

  private MachinePeak() {}

  /**
   * Returns the operations per second of large matrix products; takes about half a second in the
   * first call of a process, and nothing afterwards.
   *
   * @param device where the products run
   * @param precision the type of their factors
   * @return multiplications and additions per second, above 0
   */
  public static double flopsPerSecond(Device device, Precision precision) {
    Kind kind = new Kind(Devices.name(device), precision);
    return MEASURED.computeIfAbsent(kind, k -> measure(device, precision));
  }

  /**
   * Returns what several devices reach together. One that is named twice counts once.
   *
   * @param devices where the products run
   * @param precision the type of their factors
   * @return multiplications and additions per second; 0 without devices
   */
  public static double flopsPerSecond(Collection<Device> devices, Precision precision) {
    return devices.stream().distinct().mapToDouble(d -> flopsPerSecond(d, precision)).sum();
  }

  private static double measure(Device device, Precision precision) {
    int side = device.isGpu() ? GPU_SIDE : CPU_SIDE;
    int products = device.isGpu() ? GPU_PRODUCTS : 1;
    double best = 0;
    try (TorchModule module =
            TorchModule.loadFunctions(products(side, products), device, precision);
        NDManager manager = module.newManager()) {
      NDArray tokens = manager.ones(new ai.djl.ndarray.types.Shape(1, side, side));
      // It gives the mean of each row, so that values grow by the bias alone and fit float16.
      NDArray weight = manager.full(new ai.djl.ndarray.types.Shape(side, side), 1f / side);
      NDArray bias = manager.ones(new ai.djl.ndarray.types.Shape(side));
      if (device.isGpu()) {
        // The first call starts cuBLAS and loads its kernels, which may take longer than all
        // trials.
        multiply(module, tokens, weight, bias);
      }
      long first = System.nanoTime();
      for (int trial = 0; trial < TRIALS && secondsSince(first) < ENOUGH_SECONDS; trial++) {
        long began = System.nanoTime();
        multiply(module, tokens, weight, bias);
        best = Math.max(best, 2.0 * products * side * side * side / secondsSince(began));
      }
    }
    return best;
  }

  private static void multiply(TorchModule module, NDArray... arguments) {
    try (NDList row = module.run(PRODUCTS, arguments)) {
      row.get(0).toFloatArray(); // waits for the device
    }
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / NANOS;
  }

  /** Linear layers of as many tokens as they are wide, in turn; gives the first token only. */
  static Program products(int side, int count) {
    GraphBuilder graph = new GraphBuilder(PRODUCTS);
    Value tokens = graph.input("tokens", DType.FLOAT32, Shape.batch(side, side));
    Value weight = graph.input("weight", DType.FLOAT32, Shape.of(side, side));
    Value bias = graph.input("bias", DType.FLOAT32, Shape.of(side));
    Value all = tokens;
    for (int i = 0; i < count; i++) {
      all = graph.linear(all, weight, bias);
    }
    return Program.of(graph.output("row", graph.slice(all, 1, 0, 1)).build());
  }
}
