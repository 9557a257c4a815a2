package ai.lacuna.zoo;

import ai.djl.Device;
import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * The content of an entry's {@code exports.json}: what its newest export was found to be.
 *
 * @param exports a line for each file and runtime
 */
public record ZooExports(List<ZooExport> exports) {
  static final String FILE = "exports.json";

  /** Copies the list. */
  public ZooExports {
    exports = List.copyOf(exports);
  }

  /**
   * Records what a bundle was found to be, in place of what an earlier one was.
   *
   * @param zoo the zoo's folder on disk
   * @param name the entry
   * @param weightsDigest the digest of the weights that were exported, {@link
   *     ai.lacuna.weights.NamedTensors#sha256}
   * @param command what repeats it, from the root of the repository
   * @param time how long that took
   * @param found the lines, each made of the run that is recorded with it
   * @throws ZooException if there is no such entry, its files are damaged, or its weights are
   *     others
   * @throws IOException if {@code exports.json} cannot be written
   */
  public static void record(
      Path zoo,
      String name,
      String weightsDigest,
      String command,
      Duration time,
      Function<ZooResult.Run, List<ZooExport>> found)
      throws IOException {
    ZooLock.hold(
        zoo,
        () -> {
          ZooEntry entry = ZooResults.requireWeights(zoo, name, weightsDigest);
          ZooResult.Run run =
              ZooResults.run(
                  entry, command, time.toMillis() / 1000.0, ZooResults.machine(Device.cpu()));
          ZooExports exports = new ZooExports(found.apply(run));
          FileReplacement.write(zoo.resolve(name).resolve(FILE), ZooJson.write(exports));
          return ZooPublisher.renewIndex(zoo);
        });
  }
}
