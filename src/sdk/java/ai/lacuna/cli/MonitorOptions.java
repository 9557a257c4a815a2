package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.DataException;
import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.monitor.Monitor;
import ai.lacuna.monitor.OnlineProbe;
import ai.lacuna.pretrain.PretrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.Options;

/**
 * The options that decide how {@code lacuna pretrain} is watched.
 *
 * @param train what is left to train on
 * @param source how that can be found again, see {@link #open}
 * @param monitor watches the run; not yet built
 */
record MonitorOptions(ImageDataset train, String source, Monitor.Builder monitor) {
  /** Between what {@code --data} was given and the share held out. */
  private static final String SHARE = " --val-share ";

  private static final double PROBE_SHARE = 0.1;

  static void addTo(Options options) {
    options
        .addOption(
            Arguments.value("val-share", "S", "hold out a share of the images, to validate on (0)"))
        .addOption(
            Arguments.flag("val-test", "validate on DATA's test images; never on their labels"))
        .addOption(
            Arguments.value(
                "probe-every", "N", "epochs between two probes on labelled training images (none)"))
        .addOption(
            Arguments.value("probe", "HOW", "linear, knn or both, with --probe-every (both)"));
    TrackerOptions.addTo(options);
  }

  /** Opens and divides the data and says how to watch; the command is for the report. */
  static MonitorOptions read(
      Arguments arguments, PretrainConfig config, Device device, String command, Terminal terminal)
      throws IOException {
    Path run = Arguments.path(arguments.require("out"));
    Monitor.Builder monitor =
        Monitor.builder(config, run)
            .device(device)
            .maxCorrupt(RunOptions.maxCorrupt(arguments))
            .command(command)
            .complaints(line -> terminal.err().println("lacuna: " + line));
    String source = arguments.require("data");
    ImageDataset all = ImageDataset.open(source);
    RunOptions.requireOutside(all, run);
    double share = arguments.number("val-share", 0, 0, 1);
    if (share > 0 && arguments.has("val-test")) {
      throw new UsageException("--val-share: expected no --val-test beside it; choose one of them");
    }
    Optional<HeldOut> parts = share > 0 ? Optional.of(HeldOut.of(all, share)) : Optional.empty();
    if (parts.isPresent()) {
      monitor.validation(parts.get().heldOut());
    } else if (arguments.has("val-test")) {
      monitor.validation(LabelledData.open(source).test());
    } else {
      monitor.pictures(all);
    }
    int every = arguments.integer("probe-every", 0, 1);
    if (every > 0) {
      monitor
          .probe(probed(source, all, share), every)
          .probeMethods(methods(arguments.text("probe", "both")));
    } else if (arguments.has("probe")) {
      throw new UsageException(
          "--probe: expected --probe-every beside it, found none; say how often to probe");
    }
    TrackerOptions.read(arguments, run, config.toJson()).forEach(monitor::tracker);
    return parts.isPresent()
        ? new MonitorOptions(parts.get().kept(), source(source, share), monitor)
        : new MonitorOptions(all, source, monitor);
  }

  /** Training images with their classes, divided as the run divides them. */
  private static HeldOut probed(String source, ImageDataset all, double share) throws IOException {
    ImageDataset labelled = HeldOut.isLabelled(all) ? all : withClasses(source);
    if (!HeldOut.isLabelled(labelled)) {
      throw new UsageException(
          "--probe-every: expected images of several classes, found "
              + labelled.name()
              + " without; leave the option out");
    }
    return share > 0 ? HeldOut.ofSame(labelled, all, share) : HeldOut.of(labelled, PROBE_SHARE);
  }

  private static ImageDataset withClasses(String source) throws IOException {
    try {
      return LabelledData.openTraining(source);
    } catch (DataException e) {
      throw new UsageException("--probe-every: " + e.getMessage() + "; or leave the option out");
    }
  }

  private static Set<OnlineProbe.Method> methods(String text) {
    if (text.equals("both")) {
      return EnumSet.allOf(OnlineProbe.Method.class);
    }
    for (OnlineProbe.Method method : OnlineProbe.Method.values()) {
      if (method.figure().equals(text)) {
        return EnumSet.of(method);
      }
    }
    throw new UsageException("--probe: expected linear, knn or both, found " + text);
  }

  /** How the part of the data that is trained on can be found again. */
  static String source(String source, double share) {
    return source + SHARE + share;
  }

  /** What was recorded, at another place: the share that was held out there stays so. */
  static String moved(String recorded, String to) {
    int share = recorded.lastIndexOf(SHARE);
    return share < 0 || to.contains(SHARE) ? to : to + recorded.substring(share);
  }

  /** Opens what a run was trained on, by its record: without what was held out. */
  static ImageDataset open(String source) throws IOException {
    int share = source.lastIndexOf(SHARE);
    return share < 0
        ? ImageDataset.open(source)
        : HeldOut.of(
                ImageDataset.open(source.substring(0, share)),
                Double.parseDouble(source.substring(share + SHARE.length())))
            .kept();
  }
}
