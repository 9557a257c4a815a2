package ai.lacuna.zoo;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.Devices;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of an entry's {@code results.json}: figures that commands have measured.
 *
 * @param results the figures in the order of their first recording
 */
public record ZooResults(List<ZooResult> results) {
  static final String FILE = "results.json";

  /** Copies the list. */
  public ZooResults {
    results = List.copyOf(results);
  }

  /**
   * Records a figure; an older one of the same task, protocol, data and metric is replaced, and
   * figures of other weights are dropped.
   *
   * <p>This is how commands write figures; nobody writes {@code results.json} by hand.
   *
   * @param zoo the zoo's folder on disk
   * @param encoder what was measured; its name is the entry's
   * @param measurement the figure
   * @param command what repeats it, from the root of the repository
   * @param time how long that took
   * @return all figures of the entry
   * @throws ZooException if there is no such entry, its files are damaged, or its weights are not
   *     the encoder's
   * @throws IOException if {@code results.json} cannot be written
   */
  public static ZooResults record(
      Path zoo, Encoder encoder, Measurement measurement, String command, Duration time)
      throws IOException {
    String machine = machine(encoder.device());
    return record(zoo, encoder.name(), encoder.weights(), measurement, command, time, machine);
  }

  static ZooResults record(
      Path zoo,
      String name,
      NamedTensors measured,
      Measurement measurement,
      String command,
      Duration time,
      String machine)
      throws IOException {
    return ZooLock.hold(
        zoo,
        () -> {
          ZooEntry entry = requireWeights(zoo, name, measured.sha256());
          ZooResult.Run run = run(entry, command, time.toMillis() / 1000.0, machine);
          return add(zoo, entry, new ZooResult(measurement, run));
        });
  }

  private static ZooResults add(Path zoo, ZooEntry entry, ZooResult added) throws IOException {
    List<ZooResult> all = new ArrayList<>();
    for (ZooResult old : entry.results()) {
      all.add(old.measurement().repeats(added.measurement()) ? added : old);
    }
    if (!all.contains(added)) {
      all.add(added);
    }
    ZooResults results = new ZooResults(all);
    FileReplacement.write(zoo.resolve(entry.name()).resolve(FILE), ZooJson.write(results));
    ZooPublisher.renewIndex(zoo);
    return results;
  }

  static ZooEntry requireWeights(Path zoo, String name, String digest) {
    ZooEntry entry = Zoo.at(zoo).require(name);
    if (!entry.weights().sha256().equals(digest)) {
      throw new ZooException(
          "%s: expected figures of the weights in %s, found those of other weights; build again"
              .formatted(name, zoo));
    }
    return entry;
  }

  /** A run of this day. */
  static ZooResult.Run run(ZooEntry entry, String command, double seconds, String machine) {
    return new ZooResult.Run(
        command,
        Math.round(10 * seconds) / 10.0,
        machine,
        LocalDate.now(Clock.systemUTC()).toString(),
        entry.weightsSha256());
  }

  /**
   * This machine, in words: processors, operating system and Java version, and the GPU.
   *
   * @param device what computed
   */
  public static String machine(Device device) {
    List<String> gpu = Devices.gpuNames(List.of(device));
    String named = gpu.isEmpty() ? Devices.name(device) : gpu.get(0);
    return "%s processors, %s %s, Java %s%s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.name", "unknown"),
            System.getProperty("os.arch", "unknown"),
            System.getProperty("java.version", "unknown"),
            device.isGpu() ? ", " + named : "");
  }
}
