package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.run.RunData;
import ai.lacuna.segment.MaskedImages;
import ai.lacuna.segment.Masks;
import ai.lacuna.segment.SegmentationData;
import ai.lacuna.segment.Segmented;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes a run's segmenter as a bundle: {@code lacuna segment --model RUN --export DIR}. */
final class SegmenterExport {
  /** Enough for a few batches of the parity check. */
  private static final int IMAGES = 32;

  private SegmenterExport() {}

  static int run(Arguments arguments, Terminal terminal) throws IOException {
    for (String other : List.of("encoder", "data", "masks")) {
      if (arguments.has(other)) {
        throw new UsageException(
            "--export: expected no --" + other + " beside it; leave it out to export");
      }
    }
    Path run = Arguments.existing(arguments.require("model"));
    Path target = Arguments.path(arguments.require("export"));
    try (Segmented model = Segmented.load(run, Device.cpu())) {
      Bundle bundle = model.export(target, images(arguments, run));
      for (Manifest.Parity figure : bundle.manifest().parity()) {
        terminal.line(
            "%s, %s, batches of %d: within %.2g of %s (at most %.2g)",
            figure.candidate(),
            figure.output(),
            figure.batchSize(),
            figure.maxAbsError(),
            figure.reference(),
            figure.limit());
      }
    }
    terminal.line("bundle: %s", target);
    return 0;
  }

  /** Those that were given, or some of those that the run was trained on. */
  private static List<Pixels> images(Arguments arguments, Path run) throws IOException {
    List<Pixels> images = new ArrayList<>();
    for (String file : arguments.positional()) {
      images.add(Pixels.read(Arguments.existing(file)));
    }
    if (!images.isEmpty()) {
      return images;
    }
    Optional<Path> source = RunData.find(run).map(data -> Path.of(data.source()));
    if (source.isEmpty() || !Files.isDirectory(source.get())) {
      throw new UsageException(
          "--export: expected the run's own data, found none at "
              + source.map(Path::toString).orElse("the place that it tells")
              + "; name images to compare the engines on after the options");
    }
    SegmentationData data = SegmentationData.open(source.get());
    MaskedImages some = data.test().orElse(data.train());
    for (int i = 0; i < Math.min(IMAGES, some.pairs().size()); i++) {
      images.add(Masks.image(some.pairs().get(i).pixels()));
    }
    return images;
  }
}
