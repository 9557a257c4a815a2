package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.monitor.RunEncoder;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.probe.LinearHead;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.segment.Segmented;
import ai.lacuna.text.NearMatches;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import ai.lacuna.zoo.ZooSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** Finds the encoder that a user means by {@code --encoder}. */
final class Encoders {
  static final String IMAGE_SIZE = "image-size";

  private Encoders() {}

  /**
   * Loads an encoder; the caller closes it.
   *
   * @param what the directory of a run of any kind, or the name of a zoo entry
   * @throws UsageException if there is neither, or the directory holds no checkpoint
   */
  static Encoder load(String what, Device device) throws IOException {
    return load(what, device, ZooSettings.fromEnvironment());
  }

  /** The same with downloads shown on a terminal. */
  static Encoder load(String what, Device device, Terminal terminal) throws IOException {
    return load(what, device, ZooFiles.settings(terminal));
  }

  private static Encoder load(String what, Device device, ZooSettings settings) throws IOException {
    Path run = Arguments.path(what);
    if (Files.isDirectory(run)) {
      return ofRun(run, device);
    }
    if (what.contains("/") || what.contains(File.separator)) {
      throw neither(what, "");
    }
    Zoo zoo = Zoo.open(settings);
    Optional<ZooEntry> entry = zoo.find(what);
    if (entry.isEmpty()) {
      List<String> names = zoo.list().stream().map(ZooEntry::name).toList();
      throw neither(what, NearMatches.question(what, names));
    }
    return entry.get().load(device);
  }

  private static UsageException neither(String what, String question) {
    return new UsageException(
        what
            + ": expected the directory of a run, or the name of a zoo entry, found neither; "
            + (question.isEmpty() ? "check the path, or see 'lacuna zoo list'" : question));
  }

  /**
   * Loads an encoder for the images that {@code --image-size} asks for; the caller closes it.
   *
   * @param arguments with {@code encoder}, and perhaps {@code image-size}
   * @param terminal where downloads are shown
   */
  static Encoder load(Arguments arguments, Device device, Terminal terminal) throws IOException {
    Encoder encoder = load(arguments.require("encoder"), device, terminal);
    if (!arguments.has(IMAGE_SIZE)) {
      return encoder;
    }
    try (encoder) {
      ImageSize asked = ImageSize.parse(IMAGE_SIZE, arguments.require(IMAGE_SIZE));
      // What is padded is padded to whole patches.
      ImageSize size =
          encoder.preprocessing().fit().pads() ? asked.upTo(encoder.config().patchSize()) : asked;
      return encoder.withImageSize(size.height(), size.width());
    }
  }

  /**
   * Loads an encoder for the images that a head was fitted on, where it remembers them; the caller
   * closes it.
   *
   * @param arguments with {@code encoder}, and perhaps {@code image-size}
   * @throws UsageException if {@code --image-size} asks for others
   */
  static Encoder load(
      Arguments arguments, Optional<LinearHead> head, Device device, Terminal terminal)
      throws IOException {
    Optional<ImageSize> fitted =
        head.flatMap(LinearHead::input).map(size -> new ImageSize(size.height(), size.width()));
    if (fitted.isEmpty()) {
      return load(arguments, device, terminal);
    }
    if (arguments.has(IMAGE_SIZE)) {
      ImageSize asked = ImageSize.parse(IMAGE_SIZE, arguments.require(IMAGE_SIZE));
      if (!asked.equals(fitted.get())) {
        throw new UsageException(
            "--%s: expected %dx%d, which the head was fitted on, found %dx%d; leave it out"
                .formatted(
                    IMAGE_SIZE,
                    fitted.get().height(),
                    fitted.get().width(),
                    asked.height(),
                    asked.width()));
      }
    }
    Encoder encoder = load(arguments.require("encoder"), device, terminal);
    if (encoder.config().imageHeight() == fitted.get().height()
        && encoder.config().imageWidth() == fitted.get().width()) {
      return encoder;
    }
    try (encoder) {
      return encoder.withImageSize(fitted.get().height(), fitted.get().width());
    }
  }

  /** The option that another size is asked for with. */
  static Option imageSize() {
    return Arguments.value(
        IMAGE_SIZE,
        "N|HxW",
        "take images of that size, with resampled position embeddings (the encoder's)");
  }

  private static Encoder ofRun(Path run, Device device) throws IOException {
    if (FineTuned.isRun(run)) {
      try (FineTuned model = FineTuned.load(run, device)) {
        return model.encoder(device);
      }
    }
    if (Segmented.isRun(run)) {
      try (Segmented model = Segmented.load(run, device)) {
        return model.encoder(device);
      }
    }
    Path file = run.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          run + ": expected a run with config.json, found none; give its directory");
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
