package ai.lacuna.cli;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.report.Html;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.apache.commons.cli.Options;

/** {@code lacuna quickstart}: the whole way from a pretrained encoder to a served classifier. */
final class Quickstart implements Command {
  /** The bundled encoder. */
  static final String ENCODER = "vit_micro_patch4_28.mae_fashion_mnist";

  private static final String OUT = "lacuna-quickstart";

  @Override
  public String name() {
    return "quickstart";
  }

  @Override
  public String summary() {
    return "load, probe, export and serve the bundled encoder; write a report";
  }

  @Override
  public String usage() {
    return "[options]";
  }

  @Override
  public String details() {
    return """
        Loads an encoder of the zoo by name, fits a linear classifier on its frozen
        features with the bundled images, exports both as TorchScript and ONNX, checks
        that the engines agree, serves the export with ONNX Runtime alone, and writes
        report.html. Needs no GPU, no network and no account.
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("encoder", "NAME", "an entry of the zoo (" + ENCODER + ")"))
        .addOption(
            Arguments.value("out", "DIR", "where the report and the bundle go (" + OUT + ")"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    Path out = arguments.path("out", OUT);
    RunOptions.requireNoReport(out);
    ZooEntry entry = Zoo.open().require(arguments.text("encoder", ENCODER));
    Files.createDirectories(out);
    long started = System.nanoTime();
    String command = "./lacuna " + arguments.repeated(name(), Set.of("debug"));
    QuickstartResult result = new QuickstartRun(entry, out, terminal).run(command);
    Path report = out.resolve("report.html");
    FileReplacement.write(report, QuickstartReport.of(result));
    summarise(result, terminal);
    terminal.line("bundle         %s", out.resolve(QuickstartRun.BUNDLE).toAbsolutePath());
    terminal.line("report         %s", report.toAbsolutePath());
    terminal.line("took           %s", ProgressBar.seconds(System.nanoTime() - started));
    return 0;
  }

  private static void summarise(QuickstartResult result, Terminal terminal) {
    terminal.line("");
    for (QuickstartResult.Accuracy accuracy : result.probe().accuracies()) {
      terminal.line(
          "accuracy       %.1f %% of %,d images: %s",
          100 * accuracy.share(), accuracy.images(), accuracy.what());
    }
    terminal.line(
        "parity         DJL, TorchScript and ONNX Runtime within %.1e; allowed %s",
        result.parity().worst(), Html.decimal(result.parity().tolerance()));
    for (QuickstartResult.Prediction prediction : result.predictions().subList(0, 5)) {
      terminal.line(
          "served         %s, %s%s",
          prediction.predicted(),
          Html.percent(prediction.probability()),
          prediction.right() ? "" : " (is: " + prediction.expected() + ")");
    }
  }
}
