package ai.lacuna.cli;

import ai.lacuna.report.Html;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.ServingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;

/** {@code lacuna predict}: classifies images with an exported bundle, on ONNX Runtime alone. */
final class Predict implements Command {

  @Override
  public String name() {
    return "predict";
  }

  @Override
  public String summary() {
    return "classify images with an exported bundle, on ONNX Runtime alone";
  }

  @Override
  public String usage() {
    return "--bundle DIR [options] IMAGE...";
  }

  @Override
  public String details() {
    return "  lacuna predict --bundle lacuna-quickstart/bundle photo.png";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("bundle", "DIR", "the exported bundle, with a classifier"))
        .addOption(Arguments.value("top", "K", "classes shown for each image (3)"))
        .addOption(Arguments.value("device", "NAME", "cpu, cuda or cuda:N (cpu)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    Path directory = Arguments.existing(arguments.require("bundle"));
    int top = arguments.integer("top", 3, 1);
    ServingOptions options = ServingOptions.defaults().withDevice(arguments.text("device", "cpu"));
    if (arguments.positional().isEmpty()) {
      throw new UsageException("predict: expected image files after the options, found none");
    }
    // Read first, so that a bad file is named before any work.
    List<Path> files = arguments.positional().stream().map(Arguments::existing).toList();
    try (OnnxClassifier classifier = Bundle.open(directory).classifier(options)) {
      for (Path file : files) {
        String classes =
            classifier.classify(Pixels.read(file), top).stream()
                .map(Predict::words)
                .collect(Collectors.joining(", "));
        terminal.line("%s: %s", file, classes);
      }
    }
    return 0;
  }

  private static String words(Prediction prediction) {
    return prediction.label() + " " + Html.percent(prediction.probability());
  }
}
