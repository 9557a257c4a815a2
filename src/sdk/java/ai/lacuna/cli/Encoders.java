package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.pretrain.Checkpoint;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

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
    Set<String> names =
        config.network().encoder().program().parameters().stream()
            .map(parameter -> parameter.name())
            .collect(Collectors.toSet());
    NamedTensors weights = checkpoint.weights().only(names::contains);
    VitConfig vit = config.vit();
    Normalization normalization = config.normalization();
    Preprocessing preprocessing =
        new Preprocessing(
            vit.imageHeight(),
            vit.imageWidth(),
            vit.channels(),
            normalization.mean(),
            normalization.std(),
            Interpolation.BICUBIC,
            1);
    return Encoder.of(String.valueOf(run.getFileName()), vit, preprocessing, weights, device);
  }
}
