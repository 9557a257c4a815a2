package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.DataException;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Labelling;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.export.Exporter;
import ai.lacuna.export.VariantPlan;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.graph.onnx.OnnxTarget;
import ai.lacuna.probe.LinearHead;
import ai.lacuna.segment.Segmented;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.CacheFolder;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.zoo.Zoo;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;

/** {@code lacuna export}: writes a bundle of TorchScript and ONNX, if the engines agree. */
final class Export implements Command {
  /** Enough to fill the largest batch of the parity check twice. */
  private static final int PARITY_IMAGES = 64;

  private static final String TARGET = "target";
  private static final String RECORD = "record";

  @Override
  public String name() {
    return "export";
  }

  @Override
  public String summary() {
    return "write an encoder, and a classifier, as TorchScript and ONNX";
  }

  @Override
  public String usage() {
    return "--encoder NAME (--out DIR | --cached) [options]";
  }

  @Override
  public String details() {
    return """
        NAME is as for 'lacuna probe'; a run of 'lacuna finetune', or an entry of the
        zoo that was made of one, comes with its head; HEAD is what the --save of
        'lacuna probe' wrote, and remembers its --image-size. The engines are compared
        on real images first; if they disagree, nothing is written. --variant adds ONNX
        models in other numbers, with their agreement with float32, size and speed; one
        that answers otherwise for more than 1 % of the images (float16: 0.1 %) gets its
        first blocks in float32, or is refused. int8 measures ranges in each call, so
        that an answer depends a little on the images beside it; int8-static beforehand.
        any-size is float32 that resizes images itself.

          lacuna export --encoder vit_micro_patch4_28.mae_fashion_mnist \\
              --head head.safetensors --out bundle --variant int8,float16
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("encoder", "NAME", "the encoder"))
        .addOption(Encoders.imageSize())
        .addOption(Arguments.value("head", "HEAD", "a probe's head, to export a classifier too"))
        .addOption(Arguments.value("out", "DIR", "the bundle's folder; a bundle there is replaced"))
        .addOption(Arguments.flag("cached", "into the cache, for Bundle.openCached(NAME)"))
        .addOption(
            Arguments.value(
                "data", "DATA", "images to compare on, labelled or not (fashion-mnist-sample)"))
        .addOption(
            Arguments.value(RECORD, "ZOO", "keep size and times with the entry of a zoo's folder"))
        .addOption(
            Arguments.value(TARGET, "cpu|gpu|portable", "where the ONNX models are to run (cpu)"))
        .addOption(ExportArchives.layers())
        .addOption(ExportArchives.torchscript())
        .addOption(ExportArchives.autoencoder())
        .addOption(ExportArchives.maskRatio())
        .addOption(ExportVariants.variant())
        .addOption(ExportVariants.compare())
        .addOption(ExportVariants.calibrate())
        .addOption(ExportVariants.force());
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    long started = System.nanoTime();
    Path out = out(arguments);
    Path run = Arguments.path(arguments.require("encoder"));
    LabelledData data = data(arguments, terminal);
    Optional<FineTuned> tuned = fineTuned(run, terminal);
    if (tuned.isPresent()) {
      try (FineTuned model = tuned.get()) {
        for (String other : List.of("head", "image-size", "autoencoder")) {
          if (arguments.has(other)) {
            throw new UsageException(
                "--" + other + ": expected none, for " + run + " was fine-tuned with its own");
          }
        }
        if (arguments.has(RECORD)) {
          throw new UsageException(
              "--record: expected an encoder's entry, found a fine-tuned network; leave it out");
        }
        boolean ofClasses = model.config().head().target() == HeadConfig.Target.CLASSES;
        List<String> classes = ofClasses ? model.config().names() : List.of();
        write(model.exporter(), classes, data, out, arguments, terminal);
      }
      return 0;
    }
    Optional<LinearHead> head = Optional.empty();
    if (arguments.has("head")) {
      head = Optional.of(LinearHead.load(Arguments.existing(arguments.require("head"))));
    }
    try (Encoder encoder = Encoders.load(arguments, head, Device.cpu(), terminal)) {
      Exporter exporter = Exporter.of(encoder);
      List<String> classes = data.test().classNames();
      if (head.isPresent()) {
        sayForeign(arguments.require("head"), head.get(), encoder, terminal);
        exporter = exporter.withHead(head.get().forExport());
        classes = head.get().classNames();
      }
      Bundle bundle = write(exporter, classes, data, out, arguments, terminal);
      if (Segmented.isRun(run)) {
        terminal.line(
            "%s was trained to segment, and this is its encoder alone; 'lacuna segment --model %s"
                + " --export DIR' exports the segmenter",
            run, run);
      }
      if (arguments.has(RECORD)) {
        record(encoder, bundle, data, arguments, started);
      }
    }
    return 0;
  }

  /** Classes are only to tell a variant's accuracy by: images do without. */
  private static LabelledData data(Arguments arguments, Terminal terminal) throws IOException {
    String source = arguments.text("data", FashionMnist.SAMPLE_NAME);
    try {
      return LabelledData.openOrSplit(source, Labelling.classes());
    } catch (DataException | IllegalArgumentException unlabelled) {
      // If it is no data at all, this says so.
      LabelledData data = LabelledData.openUnlabelled(source);
      if (arguments.has("variant")) {
        terminal.line("%s: found no classes, so that no accuracy is measured", source);
      }
      return data;
    }
  }

  /** The folder of --out, or that of the encoder's name in the cache. */
  private static Path out(Arguments arguments) {
    if (!arguments.has("cached")) {
      return Arguments.path(arguments.require("out"));
    }
    if (arguments.has("out")) {
      throw new UsageException("--cached: expected no --out beside it; choose one of them");
    }
    Path name = Arguments.path(arguments.require("encoder")).getFileName();
    return CacheFolder.bundle(String.valueOf(name));
  }

  /** Keeps size, agreement and times with the zoo's entry. */
  private static void record(
      Encoder encoder, Bundle bundle, LabelledData data, Arguments arguments, long started)
      throws IOException {
    if (arguments.has(Encoders.IMAGE_SIZE) || arguments.has("head")) {
      throw new UsageException(
          "--record: expected an export of the entry as it is, found --image-size or --head");
    }
    ExportRecord.record(
        Arguments.existing(arguments.require(RECORD)),
        encoder,
        bundle,
        first(data.test(), PARITY_IMAGES),
        arguments.repeated("./lacuna export", Set.of(RECORD)),
        started);
  }

  /** Features of another encoder may have as many numbers, so that the head fits all the same. */
  private static void sayForeign(String file, LinearHead head, Encoder encoder, Terminal terminal)
      throws IOException {
    Optional<String> fitted = head.encoderSha256();
    if (fitted.isPresent() && !fitted.get().equals(encoder.weights().sha256())) {
      terminal
          .err()
          .println(
              "lacuna: "
                  + file
                  + ": was fitted on features of another encoder; its classes mean nothing unless"
                  + " the weights are nearly the same; probe "
                  + encoder.name()
                  + " for a head of its own");
    }
  }

  /** A run of fine-tuning, or an entry of the zoo with a head; the caller closes it. */
  private static Optional<FineTuned> fineTuned(Path what, Terminal terminal) throws IOException {
    if (FineTuned.isRun(what)) {
      return Optional.of(FineTuned.load(what, Device.cpu()));
    }
    return Files.isDirectory(what)
        ? Optional.empty()
        : Zoo.open(ZooFiles.settings(terminal))
            .find(what.toString())
            .flatMap(entry -> entry.fineTuned(Device.cpu()));
  }

  /**
   * Writes a bundle.
   *
   * @param classes the names of what the head tells apart, or those of the data without a head
   */
  private static Bundle write(
      Exporter exporter,
      List<String> classes,
      LabelledData data,
      Path out,
      Arguments arguments,
      Terminal terminal)
      throws IOException {
    Exporter chosen = ExportArchives.apply(exporter.withTarget(target(arguments)), arguments);
    Optional<VariantPlan> plan = ExportVariants.plan(arguments, data, classes);
    if (plan.isPresent()) {
      chosen = chosen.withVariants(plan.get());
    }
    List<Pixels> images = first(data.test(), PARITY_IMAGES);
    Bundle bundle =
        arguments.has("cached") ? intoCache(chosen, out, images) : chosen.write(out, images);
    report(terminal, bundle);
    return bundle;
  }

  /** A cache that cannot be written, as on a read-only file system, has its own way out. */
  private static Bundle intoCache(Exporter exporter, Path out, List<Pixels> images)
      throws IOException {
    try {
      return exporter.write(out, images);
    } catch (FileSystemException e) {
      String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      throw new UsageException(
          "--cached: expected a cache that can be written, found %s (%s); set %s to another folder, or give --out DIR"
              .formatted(e.getFile(), reason, CacheFolder.VARIABLE),
          e);
    }
  }

  private static OnnxTarget target(Arguments arguments) {
    String target = arguments.text(TARGET, "cpu");
    return switch (target) {
      case "cpu" -> OnnxTarget.CPU;
      case "gpu" -> OnnxTarget.GPU;
      case "portable" -> OnnxTarget.PORTABLE;
      default ->
          throw new UsageException(
              "--target: expected cpu, gpu or portable, found " + target + "; choose one of them");
    };
  }

  /** The first images of a data set. */
  static List<Pixels> first(ImageDataset data, int count) throws IOException {
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < Math.min(count, data.size()); i++) {
      images.add(data.get(i).pixels());
    }
    return images;
  }

  /** Whether figures are of what the head says, and not of features. */
  private static boolean isOfHead(Manifest.Parity parity) {
    return parity.output().equals("logits") || parity.output().equals("values");
  }

  private static void differences(Terminal terminal, String what, List<Manifest.Parity> figures) {
    figures.stream()
        .max(Comparator.comparingDouble(Manifest.Parity::maxAbsError))
        .ifPresent(
            worst ->
                terminal.line(
                    "  %-21s %.2e, allowed %.2e%s",
                    what,
                    worst.maxAbsError(),
                    worst.limit(),
                    isOfHead(worst) ? ": relative to the largest one" : ""));
  }

  /** Files, agreement of the engines, variants, and where the bundle lies. */
  static void report(Terminal terminal, Bundle bundle) {
    Map<String, Manifest.FileEntry> files = bundle.manifest().files();
    int longest = files.keySet().stream().mapToInt(String::length).max().orElse(1);
    files.forEach(
        (name, file) -> terminal.line("%-" + longest + "s %,12d bytes", name, file.size()));
    terminal.line("largest differences between DJL, TorchScript and ONNX Runtime:");
    Map<Boolean, List<Manifest.Parity>> byBits =
        bundle.manifest().parity().stream()
            .collect(Collectors.partitioningBy(figure -> figure.candidate().contains(" ")));
    List<Manifest.Parity> parity = byBits.getOrDefault(false, List.of());
    differences(
        terminal, "features", parity.stream().filter(p -> p.output().equals("cls_mean")).toList());
    List<Manifest.Parity> head = parity.stream().filter(Export::isOfHead).toList();
    head.stream().findFirst().ifPresent(figure -> differences(terminal, figure.output(), head));
    differences(
        terminal, "autoencoder", parity.stream().filter(p -> p.output().equals("pred")).toList());
    byBits.getOrDefault(true, List.of()).stream()
        .collect(Collectors.groupingBy(Manifest.Parity::candidate))
        .forEach((candidate, figures) -> differences(terminal, candidate, figures));
    ExportVariants.report(terminal, bundle.manifest().variants());
    terminal.line("bundle: %s", bundle.location());
  }
}
