package ai.lacuna.run;

import ai.djl.Device;
import ai.lacuna.engine.Determinism;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
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
    int count = threads > 0 ? threads : deterministic ? recorded(run) : 0;
    if (count > 0) {
      Determinism.threads(count);
    }
  }

  private static int recorded(Path run) throws IOException {
    Path file = run.resolve("environment.json");
    if (!Files.exists(file)) {
      return 0;
    }
    JsonObject environment = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    JsonElement count = environment.get("threads");
    return count == null ? 0 : count.getAsInt();
  }
}
