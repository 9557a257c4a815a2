package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.export.Exporter;
import ai.lacuna.export.OnnxVariant;
import ai.lacuna.export.VariantPlan;
import ai.lacuna.run.RunData;
import ai.lacuna.segment.MaskedImages;
import ai.lacuna.segment.Masks;
import ai.lacuna.segment.SegmentationData;
import ai.lacuna.segment.Segmented;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** Writes a run's segmenter as a bundle: {@code lacuna segment --model RUN --export DIR}. */
final class SegmenterExport {
  /** Enough for a few batches of the parity check. */
  private static final int IMAGES = 32;

  /** Images that judge a variant if no other number is said: each has many pixels to tell. */
  static final int COMPARED = 200;

  private SegmenterExport() {}

  static Option variant() {
    return Arguments.value(
        "variant", "LIST", "of --export: also ONNX as float16, int8 or int8-static");
  }

  static int run(Arguments arguments, Terminal terminal) throws IOException {
    for (String other : List.of("encoder", "data", "masks")) {
      if (arguments.has(other)) {
        throw new UsageException(
            "--export: expected no --" + other + " beside it; leave it out to export");
      }
    }
    Path run = Arguments.existing(arguments.require("model"));
    Path target = Arguments.path(arguments.require("export"));
    List<Pixels> named = named(arguments);
    for (String count : List.of("compare", "calibrate")) {
      if (arguments.has(count) && !named.isEmpty()) {
        throw new UsageException(
            "--" + count + ": expected no images after the options, which judge all together");
      }
    }
    try (Segmented model = Segmented.load(run, Device.cpu())) {
      List<OnnxVariant> variants = ExportVariants.asked(arguments);
      Exporter exporter = model.exporter();
      List<Pixels> images = named;
      if (named.isEmpty()) {
        SegmentationData data = data(run);
        MaskedImages some = data.test().orElse(data.train());
        images = spread(some, IMAGES);
        if (!variants.isEmpty()) {
          List<Pixels> judging = spread(some, ExportVariants.compared(arguments, COMPARED));
          int calibrated = ExportVariants.calibrated(arguments, variants);
          exporter =
              exporter.withVariants(
                  plan(arguments, variants, judging, spread(data.train(), calibrated)));
        }
      } else if (!variants.isEmpty()) {
        exporter = exporter.withVariants(plan(arguments, variants, named, named));
      }
      Export.report(terminal, exporter.write(target, images));
    }
    return 0;
  }

  private static VariantPlan plan(
      Arguments arguments,
      List<OnnxVariant> variants,
      List<Pixels> judging,
      List<Pixels> calibrating) {
    return new VariantPlan(variants, judging, List.of(), calibrating, arguments.has("force"));
  }

  private static List<Pixels> named(Arguments arguments) throws IOException {
    List<Pixels> images = new ArrayList<>();
    for (String file : arguments.positional()) {
      images.add(Pixels.read(Arguments.existing(file)));
    }
    return images;
  }

  /** What the run was trained on. */
  private static SegmentationData data(Path run) throws IOException {
    Optional<Path> source = RunData.find(run).map(data -> Path.of(data.source()));
    if (source.isEmpty() || !Files.isDirectory(source.get())) {
      throw new UsageException(
          "--export: expected the run's own data, found none at "
              + source.map(Path::toString).orElse("the place that it tells")
              + "; name images to compare the engines on after the options");
    }
    return SegmentationData.open(source.get());
  }

  private static List<Pixels> spread(MaskedImages data, int count) throws IOException {
    return ExportVariants.spread(data.pairs(), count).stream().map(Masks::image).toList();
  }
}
