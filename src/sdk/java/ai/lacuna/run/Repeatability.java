package ai.lacuna.run;

import ai.djl.Device;
import ai.lacuna.engine.Determinism;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What is fixed of the machine so that a run gives the same bits again on it.
 *
 * @param deterministic whether libtorch uses deterministic algorithms only
 * @param threads threads of one operation on a CPU; 0 for as many as before: libtorch's, or those
 *     that a deterministic run began with
 */
public record Repeatability(boolean deterministic, int threads) {
  static final Repeatability NONE = new Repeatability(false, 0);

  /** Sets up libtorch, for the whole process. */
  void apply(Path run, List<Device> devices) throws IOException {
    if (deterministic) {
      if (devices.stream().anyMatch(Device::isGpu)) {
        Determinism.requireCublasWorkspace();
      }
      Determinism.set(true);
    }
    int count = threads > 0 ? threads : deterministic ? Environment.arithmetic(run).threads() : 0;
    if (count > 0) {
      Determinism.threads(count);
    }
  }
}
