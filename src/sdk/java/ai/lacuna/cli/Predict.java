package ai.lacuna.cli;

import ai.lacuna.report.Html;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxRegressor;
import ai.lacuna.serving.OnnxSegmenter;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;

/** {@code lacuna predict}: what an exported bundle says of images, on ONNX Runtime alone. */
final class Predict implements Command {

  @Override
  public String name() {
    return "predict";
  }

  @Override
  public String summary() {
    return "classify or measure images with a bundle, on ONNX Runtime alone";
  }

  @Override
  public String usage() {
    return "--bundle DIR|NAME [options] IMAGE...";
  }

  @Override
  public String details() {
    return """
        Prints the most probable classes of each image, the labels that are probable
        enough, or the values that the bundle predicts; of a segmenter, writes the class
        of each pixel as a PNG into --masks.

          lacuna predict --bundle lacuna-quickstart/bundle photo.png

        NAME is an entry of the zoo that 'lacuna export --encoder NAME --cached' has
        exported.
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("bundle", "DIR|NAME", "the exported bundle, with a head"))
        .addOption(Arguments.value("top", "K", "classes shown for each image (3)"))
        .addOption(
            Arguments.value("threshold", "P", "least probability of a label that is shown (0.5)"))
        .addOption(Arguments.value("masks", "DIR", "where masks go, of a segmenter"))
        .addOption(
            Arguments.value("variant", "NAME", "float32, or another in the bundle, such as int8"))
        .addOption(Arguments.value("device", "NAME", "cpu, cuda or cuda:N (cpu)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    String what = arguments.require("bundle");
    BundleName.requireOne(what, terminal);
    int top = arguments.integer("top", 3, 1);
    double threshold = arguments.number("threshold", 0.5, 0, 1);
    ServingOptions options = ServingOptions.defaults().withDevice(arguments.text("device", "cpu"));
    if (arguments.positional().isEmpty()) {
      throw new UsageException("predict: expected image files after the options, found none");
    }
    // Read first, so that a bad file is named before any work.
    List<Path> files = arguments.positional().stream().map(Arguments::existing).toList();
    Bundle bundle = BundleName.open(what);
    String variant = arguments.text("variant", Variant.FLOAT32);
    requireSense(arguments, bundle.manifest().target());
    requirePixels(arguments, bundle.manifest().target());
    if (bundle.hasSegmenter()) {
      try (OnnxSegmenter segmenter = bundle.segmenter(variant, options)) {
        Path folder = Arguments.path(arguments.require("masks"));
        MaskPrediction.write(segmenter, files, folder, terminal);
      }
      return 0;
    }
    if (bundle.hasRegressor()) {
      measure(bundle, variant, options, files, terminal);
      return 0;
    }
    try (OnnxClassifier classifier = bundle.classifier(variant, options)) {
      boolean several = classifier.target() == Manifest.Target.LABELS;
      for (Path file : files) {
        Pixels image = Pixels.read(file);
        List<Prediction> found =
            several ? classifier.labels(image, threshold) : classifier.classify(image, top);
        String words = found.stream().map(Predict::words).collect(Collectors.joining(", "));
        terminal.line(
            "%s: %s", file, found.isEmpty() ? "no label above " + Html.percent(threshold) : words);
      }
    }
    return 0;
  }

  private static void requireSense(Arguments arguments, Manifest.Target target) {
    if (arguments.has("top") && target != Manifest.Target.CLASSES) {
      throw new UsageException("--top: expected a bundle of classes, found " + word(target));
    }
    if (arguments.has("threshold") && target != Manifest.Target.LABELS) {
      throw new UsageException("--threshold: expected a bundle of labels, found " + word(target));
    }
  }

  private static void requirePixels(Arguments arguments, Manifest.Target target) {
    boolean pixels = target == Manifest.Target.PIXELS;
    if (arguments.has("masks") != pixels) {
      throw new UsageException(
          pixels
              ? "--masks: expected a folder for the masks of a segmenter, found none"
              : "--masks: expected a bundle of pixels, found " + word(target));
    }
  }

  private static String word(Manifest.Target target) {
    return target.name().toLowerCase(Locale.ROOT);
  }

  private static void measure(
      Bundle bundle, String variant, ServingOptions options, List<Path> files, Terminal terminal)
      throws IOException {
    try (OnnxRegressor regressor = bundle.regressor(variant, options)) {
      for (Path file : files) {
        String values =
            regressor.values(Pixels.read(file)).entrySet().stream()
                .map(
                    value ->
                        String.format(Locale.ROOT, "%s %.5g", value.getKey(), value.getValue()))
                .collect(Collectors.joining(", "));
        terminal.line("%s: %s", file, values);
      }
    }
  }

  private static String words(Prediction prediction) {
    return prediction.label() + " " + Html.percent(prediction.probability());
  }
}
