package ai.lacuna.cli;

import ai.lacuna.cli.QuickstartResult.Accuracy;
import ai.lacuna.cli.QuickstartResult.Prediction;
import ai.lacuna.report.ConfusionTable;
import ai.lacuna.report.Html;
import ai.lacuna.report.Page;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The report as one page: styles and pictures inside it, no script, nothing fetched from anywhere.
 */
final class QuickstartReport {
  private final QuickstartResult result;
  private final Html html = new Html();

  private QuickstartReport(QuickstartResult result) {
    this.result = result;
  }

  /** The page. */
  static String of(QuickstartResult result) {
    return new QuickstartReport(result).page();
  }

  private String page() {
    header();
    pictures();
    probe();
    parity();
    served();
    timings();
    record();
    return Page.of("Lacuna quickstart: " + result.encoder().name(), html);
  }

  private void header() {
    html.raw("<header>\n").raw(Page.mark());
    html.element("p", "kicker", "Lacuna quickstart");
    List<Accuracy> accuracies = result.probe().accuracies();
    Accuracy test = accuracies.get(accuracies.size() - 1);
    html.element(
        "h1",
        Html.percent(test.share())
            + " of unseen images recognised by a linear layer on frozen features");
    html.raw("<p class=\"lede\">The encoder <code>" + Html.escape(result.encoder().name()));
    html.raw("</code> (" + Html.escape(result.encoder().architecture()) + ") ");
    html.raw(Html.escape(result.encoder().pretraining())).raw("</p>\n<dl class=\"facts\">\n");
    fact(Html.percent(test.share()), "linear probe, " + thousands(test.images()) + " test images");
    fact(millions(result.encoder().parameters()), "parameters, frozen");
    fact(
        Html.number("%.1e", result.parity().worst()),
        "largest difference between engines; allowed " + Html.decimal(result.parity().tolerance()));
    long total = result.timings().stream().mapToLong(QuickstartResult.Timing::nanos).sum();
    fact(ProgressBar.seconds(total), "from weights to served classifier");
    html.raw("</dl>\n</header>\n");
  }

  private void fact(String figure, String meaning) {
    html.raw("<div><dt>" + Html.escape(meaning) + "</dt><dd>" + Html.escape(figure));
    html.raw("</dd></div>\n");
  }

  private void pictures() {
    List<QuickstartResult.Reconstruction> rows = result.pictures().rows();
    if (rows.isEmpty()) {
      return;
    }
    section("Filling what is missing");
    html.element(
        "p",
        Html.number("%.0f %%", 100 * result.pictures().maskRatio())
            + " of the patches are removed; the encoder sees only the rest, and the decoder"
            + " predicts what was removed. No label is involved. "
            + result.pictures().note());
    html.raw("<div class=\"scroll\"><table class=\"pictures\"><tbody>\n");
    for (String kind : List.of("Original", "Masked", "Reconstructed")) {
      html.raw("<tr><th scope=\"row\">" + kind + "</th>");
      for (int i = 0; i < rows.size(); i++) {
        var row = rows.get(i);
        html.raw("<td>");
        html.image(
            switch (kind) {
              case "Original" -> row.original();
              case "Masked" -> row.masked();
              default -> row.reconstructed();
            },
            kind + " image " + (i + 1));
        html.raw("</td>");
      }
      html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>\n</section>\n");
  }

  private void probe() {
    section("Linear probe");
    html.element(
        "p",
        "A logistic regression on the frozen features: what the encoder learned without labels,"
            + " read by the simplest head there is. The margin is the 95 % interval that the"
            + " number of images allows.");
    List<List<String>> rows = new ArrayList<>();
    for (Accuracy accuracy : result.probe().accuracies()) {
      rows.add(
          List.of(
              accuracy.what(),
              thousands(accuracy.images()),
              Html.percent(accuracy.share()),
              "± " + Html.number("%.1f", 100 * accuracy.margin())));
    }
    html.table(List.of("Set", "Images", "Accuracy", "Margin"), rows);
    ConfusionTable.appendTo(html, result.probe().confusion());
    html.raw("</section>\n");
  }

  private void parity() {
    section("One network, three engines");
    html.element(
        "p",
        "The same images through DJL, the TorchScript archive and the ONNX model, at several batch"
            + " sizes. An export that differs by more than "
            + Html.decimal(result.parity().tolerance())
            + " in a feature is refused; logits, which have the scale of their head, may differ by"
            + " that share of the largest one.");
    List<List<String>> rows = new ArrayList<>();
    for (QuickstartResult.ParityRow row : result.parity().rows()) {
      rows.add(
          List.of(
              row.engines(),
              row.output(),
              String.valueOf(row.batchSize()),
              thousands(row.images()),
              Html.number("%.2e", row.difference())));
    }
    html.table(List.of("Engines", "Compared", "Batch", "Images", "Largest difference"), rows);
    html.raw("</section>\n");
  }

  private void served() {
    section("Served by ONNX Runtime alone");
    html.element(
        "p",
        "The exported classifier, opened by lacuna-serving: no libtorch, no DJL, preprocessing"
            + " included in the bundle.");
    html.raw("<ul class=\"served\">\n");
    for (Prediction prediction : result.predictions()) {
      html.raw("<li class=\"" + (prediction.right() ? "right" : "wrong") + "\">");
      html.image(prediction.image(), prediction.expected());
      html.element("strong", prediction.predicted());
      html.element("span", Html.percent(prediction.probability()));
      html.element("small", prediction.right() ? "correct" : "is: " + prediction.expected());
      html.raw("</li>\n");
    }
    html.raw("</ul>\n</section>\n");
  }

  private void timings() {
    section("What took how long");
    List<List<String>> rows = new ArrayList<>();
    for (QuickstartResult.Timing timing : result.timings()) {
      rows.add(List.of(timing.what(), ProgressBar.seconds(timing.nanos()), timing.rate()));
    }
    html.table(List.of("Step", "Time", "Rate"), rows);
    html.raw("</section>\n");
  }

  private void record() {
    section("To repeat it");
    html.raw("<pre><code>" + Html.escape(result.command()) + "</code></pre>\n");
    html.raw("<div class=\"two\">\n<div>\n");
    html.element("h3", "Environment");
    List<List<String>> environment = new ArrayList<>();
    for (Map.Entry<String, String> entry : result.environment().entrySet()) {
      environment.add(List.of(entry.getKey(), entry.getValue()));
    }
    html.raw("<div class=\"words\">\n");
    html.table(List.of("What", "Found"), environment);
    html.raw("</div>\n</div>\n<div>\n");
    html.element("h3", "Exported files");
    List<List<String>> files = new ArrayList<>();
    for (QuickstartResult.ExportedFile file : result.files()) {
      files.add(List.of(file.name(), file.purpose(), thousands(file.bytes())));
    }
    html.table(List.of("File", "For", "Bytes"), files);
    html.raw("</div>\n</div>\n</section>\n");
  }

  private void section(String title) {
    html.raw("<section>\n").element("h2", title);
  }

  private static String thousands(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String millions(long number) {
    return Html.number("%.2f M", number / 1e6);
  }
}
