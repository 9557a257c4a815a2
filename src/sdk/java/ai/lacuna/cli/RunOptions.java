package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.ImageFolder;
import ai.lacuna.engine.Devices;
import ai.lacuna.run.Retention;
import ai.lacuna.run.RunBuilder;
import ai.lacuna.sweep.SweepTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.Options;

/** The options of every command that trains: where it runs, and what it leaves on disk. */
final class RunOptions {
  private RunOptions() {}

  /** Refuses a directory that lies in the images: its files would be read as some of them. */
  static void requireOutside(ImageDataset images, Path out) {
    if (images instanceof ImageFolder folder && folder.holds(out)) {
      throw new UsageException(
          "--out: expected a folder outside of the images, found %s in %s; choose another"
              .formatted(out, images.name()));
    }
  }

  static void addTo(Options options) {
    options
        .addOption(Arguments.value("out", "DIR", "the run's directory; resumed if it has one"))
        .addOption(Arguments.value("device", "NAME", "cpu, cuda, cuda:N or auto (auto)"))
        .addOption(
            Arguments.value(
                "devices",
                "NAME,..",
                "in place of --device: a replica on each, which share the batch"))
        .addOption(
            Arguments.flag(
                "deterministic",
                "deterministic algorithms only, and the threads that the run began with"));
    addSharedTo(options);
    options
        .addOption(Arguments.value("log-every", "N", "steps between two records (50)"))
        .addOption(
            Arguments.value("checkpoint-every", "N", "steps between two checkpoints (an epoch)"))
        .addOption(Arguments.value("keep-last", "N", "newest checkpoints that stay (2)"))
        .addOption(
            Arguments.value(
                "keep-best",
                "N",
                "checkpoints of epochs of lowest loss, of held-out images if there are, that stay (0)"))
        .addOption(Arguments.flag("force", "go on with a run under another configuration or data"))
        .addOption(Arguments.value("max-steps", "N", "stop after so many steps of the run"));
  }

  /** Those that hold for each of several runs as for one. */
  static void addSharedTo(Options options) {
    options
        .addOption(
            Arguments.value("threads", "N", "threads of one operation on a CPU (libtorch's)"))
        .addOption(Arguments.value("workers", "N", "threads that load images (1)"))
        .addOption(
            Arguments.value(
                "max-corrupt", "SHARE", "damaged images that are passed over, 0 to 1 (0.01)"));
  }

  static List<Device> devices(Arguments arguments) {
    if (arguments.has("device") && arguments.has("devices")) {
      throw new UsageException("--devices: expected no --device beside it; name all in --devices");
    }
    return Devices.parseAll(arguments.text("devices", arguments.text("device", "auto")));
  }

  /** The step that ends the run early; 0 for none. */
  static int limit(Arguments arguments) {
    return arguments.integer("max-steps", 0, 1);
  }

  /** The greatest share of damaged images. */
  static double maxCorrupt(Arguments arguments) {
    return arguments.number("max-corrupt", 0.01, 0, 1);
  }

  /** Refuses the folder of a sweep: its report is not a run's. */
  private static void requireNoSweep(Path out) {
    if (Files.exists(out.resolve(SweepTable.FILE)) && !Files.exists(out.resolve("config.json"))) {
      throw new UsageException(
          out + ": expected a new folder or that of a run, found a sweep; choose another");
    }
  }

  /** Refuses the folder of a run or a sweep for anything else that has a report. */
  static void requireNoReport(Path out) {
    if (Files.exists(out.resolve("config.json")) || Files.exists(out.resolve(SweepTable.FILE))) {
      throw new UsageException(
          out + ": expected a folder without a run or a sweep, found one; choose another");
    }
  }

  static <B extends RunBuilder<B>> B apply(Arguments arguments, List<Device> devices, B builder) {
    Path out = Arguments.path(arguments.text("out", "run"));
    requireNoSweep(out);
    B set =
        applyShared(arguments, builder)
            .run(out)
            .devices(devices)
            .deterministic(arguments.has("deterministic"))
            .logEvery(arguments.integer("log-every", 50, 1))
            .checkpointEvery(arguments.integer("checkpoint-every", 0, 0))
            .retention(
                new Retention(
                    arguments.integer("keep-last", 2, 1), arguments.integer("keep-best", 0, 0)))
            .force(arguments.has("force"));
    int limit = limit(arguments);
    return limit > 0 ? set.maxSteps(limit) : set;
  }

  /** What {@link #addSharedTo} adds. */
  static <B extends RunBuilder<B>> B applyShared(Arguments arguments, B builder) {
    return builder
        .threads(arguments.integer("threads", 0, 1))
        .workers(arguments.integer("workers", 1, 1))
        .maxCorrupt(maxCorrupt(arguments));
  }
}
