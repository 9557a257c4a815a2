package ai.lacuna.cli;

import ai.lacuna.export.Exporter;
import ai.lacuna.graph.Precision;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooAutoencoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;

/** The options of {@code lacuna export} for what else is exported than encoder and head. */
final class ExportArchives {
  private static final double MASK_RATIO = 0.75;

  private ExportArchives() {}

  static Option layers() {
    return Arguments.value("layers", "LIST", "also the tokens of these blocks, from 0, in ONNX");
  }

  static Option torchscript() {
    return Arguments.value("torchscript", "LIST", "also TorchScript in bfloat16 or float16");
  }

  static Option autoencoder() {
    return Arguments.flag("autoencoder", "also the whole autoencoder, as TorchScript");
  }

  static Option maskRatio() {
    return Arguments.value("mask-ratio", "R", "part of the patches it takes as removed (0.75)");
  }

  /** The exporter with what is asked for. */
  static Exporter apply(Exporter exporter, Arguments arguments) throws IOException {
    Exporter chosen = exporter;
    if (arguments.has("layers")) {
      chosen = chosen.withLayers(numbers(arguments.require("layers")));
    }
    if (arguments.has("torchscript")) {
      List<Precision> precisions = new ArrayList<>();
      for (String word : arguments.require("torchscript").split(",", -1)) {
        precisions.add(precision(word.strip()));
      }
      chosen = chosen.withArchives(precisions);
    }
    if (arguments.has("autoencoder")) {
      return autoencoder(chosen, arguments);
    }
    if (arguments.has("mask-ratio")) {
      throw new UsageException("--mask-ratio: expected --autoencoder beside it, found none");
    }
    return chosen;
  }

  private static Exporter autoencoder(Exporter exporter, Arguments arguments) throws IOException {
    String what = arguments.require("encoder");
    if (arguments.has(Encoders.IMAGE_SIZE)) {
      throw new UsageException(
          "--image-size: expected none beside --autoencoder, whose decoder has its own size");
    }
    double ratio = arguments.number("mask-ratio", MASK_RATIO, 0, 1);
    Path run = Arguments.path(what);
    if (Files.isDirectory(run)) {
      PretrainConfig config = PretrainConfig.fromJson(Files.readString(run.resolve("config.json")));
      Checkpoint checkpoint =
          Checkpoint.newest(run)
              .orElseThrow(() -> new UsageException(run + ": expected a checkpoint, found none"));
      MaskedAutoencoder network = config.network();
      int keep = keep(network.encoder().config().numPatches(), ratio);
      return exporter.withAutoencoder(
          new MaskedAutoencoder(
              network.encoder(), network.decoder(), keep, network.objective(), network.padded()),
          checkpoint.weights());
    }
    ZooAutoencoder whole =
        Zoo.open()
            .require(what)
            .autoencoder()
            .orElseThrow(
                () ->
                    new UsageException(
                        what + ": expected a zoo entry with its decoder, found none; give a run"));
    int keep = keep(whole.encoder().config().numPatches(), ratio);
    return exporter.withAutoencoder(whole.network(keep), whole.weights());
  }

  /** As in training: ⌊N · (1 − ratio)⌋, but at least one patch on either side. */
  private static int keep(int patches, double ratio) {
    return Math.max(1, Math.min(patches - 1, (int) (patches * (1 - ratio))));
  }

  private static Precision precision(String word) {
    try {
      Precision precision = Precision.parse(word);
      if (precision.isLow()) {
        return precision;
      }
    } catch (IllegalArgumentException e) {
      throw new UsageException("--torchscript: expected bfloat16 or float16, found " + word);
    }
    throw new UsageException(
        "--torchscript: expected bfloat16 or float16; float32 is always there");
  }

  private static List<Integer> numbers(String text) {
    List<Integer> numbers = new ArrayList<>();
    for (String word : text.split(",", -1)) {
      if (!word.strip().matches("[0-9]{1,4}")) {
        throw new UsageException("--layers: expected numbers such as 2,5, found " + text);
      }
      numbers.add(Integer.parseInt(word.strip()));
    }
    return numbers;
  }
}
