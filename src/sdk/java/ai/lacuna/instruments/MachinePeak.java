package ai.lacuna.instruments;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.Devices;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How fast a device multiplies matrices, measured.
 *
 * <p>A large product of float32 matrices comes near to what a device can do. Other work on the same
 * cores lowers the figure, as it lowers that of the training.
 */
public final class MachinePeak {
  private static final int CPU_SIDE = 1024;
  private static final int GPU_SIDE = 8192;
  private static final int TRIALS = 4;
  private static final double NANOS = 1e9;

  private static final Map<String, Double> MEASURED = new ConcurrentHashMap<>();

  private MachinePeak() {}

  /**
   * Returns the operations per second of float32 matrix products; takes a tenth of a second in the
   * first call of a process, and nothing afterwards.
   *
   * @param device where the products run
   * @return multiplications and additions per second, above 0
   */
  public static double flopsPerSecond(Device device) {
    return MEASURED.computeIfAbsent(Devices.name(device), name -> measure(device));
  }

  private static double measure(Device device) {
    int side = device.isGpu() ? GPU_SIDE : CPU_SIDE;
    double best = 0;
    try (NDManager manager = NDManager.newBaseManager(device, Devices.ENGINE)) {
      NDArray a = manager.ones(new Shape(side, side));
      NDArray b = manager.ones(new Shape(side, side));
      for (int trial = 0; trial < TRIALS; trial++) {
        long began = System.nanoTime();
        try (NDArray product = a.matMul(b);
            NDArray corner = product.get("0, 0")) {
          corner.toFloatArray(); // waits for the device
        }
        best = Math.max(best, 2.0 * side * side * side * NANOS / (System.nanoTime() - began));
      }
    }
    return best;
  }
}
