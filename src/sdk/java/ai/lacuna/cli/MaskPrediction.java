package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.report.Html;
import ai.lacuna.segment.MaskPng;
import ai.lacuna.segment.Segmented;
import ai.lacuna.serving.OnnxSegmenter;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes the masks of images: {@code lacuna segment --model}, {@code lacuna predict}. */
final class MaskPrediction {
  private static final int SHOWN = 3;

  private MaskPrediction() {}

  static int run(Arguments arguments, Terminal terminal) throws IOException {
    if (arguments.has("encoder") || arguments.has("data")) {
      throw new UsageException(
          "--model: expected neither --encoder nor --data beside it; leave it out to train");
    }
    Path run = Arguments.existing(arguments.require("model"));
    Path folder = Arguments.path(arguments.require("masks"));
    if (arguments.positional().isEmpty()) {
      throw new UsageException("segment: expected image files after the options, found none");
    }
    // Read first, so that a bad file is named before any work.
    List<Path> files = arguments.positional().stream().map(Arguments::existing).toList();
    List<Path> targets = targets(folder, files);
    Device device = RunOptions.devices(arguments).get(0);
    try (Segmented model = Segmented.load(run, device)) {
      write(files, targets, model::predict, model.classes(), terminal);
    }
    return 0;
  }

  /** What a bundle says of images: {@code lacuna predict}. */
  static void write(OnnxSegmenter segmenter, List<Path> files, Path folder, Terminal terminal)
      throws IOException {
    write(files, targets(folder, files), segmenter::mask, segmenter.classes(), terminal);
  }

  private static void write(
      List<Path> files,
      List<Path> targets,
      UnaryOperator<Pixels> predictor,
      List<String> classes,
      Terminal terminal)
      throws IOException {
    for (int i = 0; i < files.size(); i++) {
      Pixels mask = predictor.apply(Pixels.read(files.get(i)));
      Path parent = targets.get(i).toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      FileReplacement.write(targets.get(i), MaskPng.write(mask));
      terminal.line("%s: %s: %s", files.get(i), targets.get(i), words(mask, classes));
    }
  }

  private static List<Path> targets(Path folder, List<Path> files) throws IOException {
    List<Path> targets = new ArrayList<>();
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      int dot = name.lastIndexOf('.');
      Path target = folder.resolve((dot > 0 ? name.substring(0, dot) : name) + ".png");
      boolean taken = targets.contains(target);
      for (Path image : files) { // However a path to it is spelled.
        taken |= Files.exists(target) && Files.isSameFile(target, image);
      }
      if (taken) {
        throw new UsageException(
            file + ": expected another name or folder, for its mask would replace " + target);
      }
      targets.add(target);
    }
    return targets;
  }

  /** The classes that take the most of a mask. */
  private static String words(Pixels mask, List<String> classes) {
    int[] counts = new int[classes.size()];
    for (byte label : mask.data()) {
      counts[label & 0xff]++;
    }
    return IntStream.range(0, counts.length)
        .boxed()
        .filter(label -> counts[label] > 0)
        .sorted(Comparator.comparing(label -> -counts[label]))
        .limit(SHOWN)
        .map(
            label ->
                classes.get(label)
                    + " "
                    + Html.percent((double) counts[label] / mask.data().length))
        .collect(Collectors.joining(", "));
  }
}
