package ai.lacuna.engine;

import ai.djl.Device;
import ai.lacuna.graph.torchscript.TorchTarget;
import java.util.Set;

/** Which of libtorch's kernels training calls on this machine. */
final class TrainingTarget {
  /**
   * The system property that keeps float32 linear layers from becoming convolutions, when it is
   * {@code false}: for processors on which MKL is faster than oneDNN.
   */
  static final String CONVOLUTIONS = "lacuna.convolutions";

  /** The names that JDKs give it. */
  private static final Set<String> X86_64 = Set.of("amd64", "x86_64");

  private TrainingTarget() {}

  /**
   * Chooses for a device.
   *
   * @throws IllegalArgumentException if the property is neither {@code true} nor {@code false}
   */
  static TorchTarget of(Device device) {
    if (device.isGpu()) {
      return TorchTarget.PORTABLE;
    }
    boolean convolves =
        wanted() && Determinism.threads() > 1 && X86_64.contains(System.getProperty("os.arch"));
    return convolves ? TorchTarget.CPU_THREADS : TorchTarget.CPU;
  }

  private static boolean wanted() {
    String value = System.getProperty(CONVOLUTIONS, "true");
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(CONVOLUTIONS + ": expected true or false, found " + value);
    }
    return value.equals("true");
  }
}
