package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.monitor.RunEncoder;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the encoder that a user means by {@code --encoder}. */
final class Encoders {
  private Encoders() {}

  /**
   * Loads an encoder; the caller closes it.
   *
   * @param what the directory of a pretraining run, or the name of a zoo entry
   * @throws UsageException if the directory holds no checkpoint
   * @throws ai.lacuna.zoo.ZooException if the zoo has no such entry
   */
  static Encoder load(String what, Device device) throws IOException {
    Path run = Arguments.path(what);
    if (Files.isDirectory(run)) {
      return ofRun(run, device);
    }
    return Zoo.load(what, device);
  }

  private static Encoder ofRun(Path run, Device device) throws IOException {
    Path file = run.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          run + ": expected a pretraining run with config.json, found none; give its directory");
    }
    PretrainConfig config = PretrainConfig.fromJson(Files.readString(file));
    Checkpoint checkpoint =
        Checkpoint.newest(run)
            .orElseThrow(
                () ->
                    new UsageException(
                        run + ": expected a checkpoint, found none; pretrain longer"));
    return RunEncoder.of(String.valueOf(run.getFileName()), config, checkpoint.weights(), device);
  }
}
