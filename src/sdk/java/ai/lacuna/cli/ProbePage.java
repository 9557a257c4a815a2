package ai.lacuna.cli;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.probe.Evaluation;
import ai.lacuna.probe.ProbeReport;
import ai.lacuna.probe.ProtocolResult;
import ai.lacuna.probe.ProtocolResult.Trial;
import ai.lacuna.report.Confusion;
import ai.lacuna.report.ConfusionTable;
import ai.lacuna.report.Html;
import ai.lacuna.report.Page;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A {@link ProbeReport} as one page, with pictures of the most confident mistakes. */
final class ProbePage {
  private static final int MISTAKES = 24;
  private static final int TRIALS = 12;

  private final ProbeReport report;
  private final String dataName;
  private final ImageDataset test;
  private final Html html = new Html();

  private ProbePage(ProbeReport report, String dataName, ImageDataset test) {
    this.report = report;
    this.dataName = dataName;
    this.test = test;
  }

  /**
   * Writes the page.
   *
   * @param report what was found
   * @param dataName what to call the data
   * @param test the test images, in the order of the evaluations
   */
  static String of(ProbeReport report, String dataName, ImageDataset test) throws IOException {
    return new ProbePage(report, dataName, test).page();
  }

  private String page() throws IOException {
    ProtocolResult best = report.best();
    header(best);
    protocols();
    if (best.test().isPresent()) {
      Evaluation evaluation = best.test().get();
      classes(best, evaluation);
      mistakes(best, evaluation);
    }
    trials();
    return Page.of("Lacuna probe: " + report.encoder(), html);
  }

  private void header(ProtocolResult best) {
    html.raw("<header>\n").raw(Page.mark());
    html.element("p", "kicker", "Lacuna probe");
    String headline =
        best.test()
            .map(e -> ProbeText.percent(e.top1()) + " of " + dataName + " recognised")
            .orElse("Few images per class of " + dataName);
    html.element("h1", headline);
    html.raw("<p class=\"lede\">The encoder <code>" + Html.escape(report.encoder()));
    html.raw("</code> stays frozen; its features were computed once. ");
    html.raw(Html.escape("Shown in detail: " + best.protocol() + ", " + best.setting() + ", "));
    html.raw(chosen(best) + "</p>\n");
    html.raw("<dl class=\"facts\">\n");
    best.test()
        .ifPresent(
            e -> {
              fact(ProbeText.percent(e.top1()), "top-1 of " + count(e.images()) + " test images");
              fact(ProbeText.interval(e, report.seed()), "95 % interval, in %");
              if (ProbeText.tellsTop5(e)) {
                fact(ProbeText.percent(e.top5()), "top-5");
              }
            });
    fact(
        count(report.trainImages() * (report.mirrored() ? 2L : 1L)),
        report.mirrored() ? "training images, half of them mirrored" : "training images");
    html.raw("</dl>\n</header>\n");
  }

  /** Why that one is shown. */
  private String chosen(ProtocolResult best) {
    if (best.trials().isEmpty()) {
      return report.results().size() > 1
          ? "the first of the protocols, none of which had anything to choose."
          : "with nothing to choose.";
    }
    return report.results().size() > 1
        ? "the best on training images held out; the test images had no say."
        : "chosen on training images held out; the test images had no say.";
  }

  private void fact(String figure, String meaning) {
    html.raw("<div><dt>" + Html.escape(meaning) + "</dt><dd>" + Html.escape(figure));
    html.raw("</dd></div>\n");
  }

  private void protocols() {
    section("Protocols");
    html.element(
        "p",
        "All protocols work on the same features. What was to be chosen, in the last column, was"
            + " chosen by the accuracy on training images held out; then the classifier was fitted"
            + " on all training images.");
    html.table(ProbeText.head(), ProbeText.rows(report));
    html.raw("</section>\n");
  }

  private void classes(ProtocolResult best, Evaluation evaluation) {
    section("Classes, " + best.protocol());
    Confusion confusion =
        Confusion.of(evaluation.classNames(), evaluation.expected(), evaluation.predicted());
    ConfusionTable.appendTo(html, confusion);
    html.raw("</section>\n");
  }

  private void mistakes(ProtocolResult best, Evaluation evaluation) throws IOException {
    List<Integer> mistakes = evaluation.confidentMistakes(MISTAKES);
    if (mistakes.isEmpty()) {
      return;
    }
    section("The most confident mistakes, " + best.protocol());
    html.element(
        "p",
        "Test images that were taken for another class with the greatest probability. Look for wrong"
            + " labels, and for what the features cannot tell apart.");
    html.raw("<ul class=\"served\">\n");
    for (int image : mistakes) {
      String taken = evaluation.classNames().get(evaluation.predicted()[image]);
      String label = evaluation.classNames().get(evaluation.expected()[image]);
      html.raw("<li class=\"wrong\">");
      String name = test.nameOf(image);
      html.image(test.get(image).pixels(), name + ", labelled " + label);
      html.element("strong", taken);
      html.element("span", Html.percent(evaluation.confidence()[image]));
      html.element("small", "is: " + label);
      html.element("small", name);
      html.raw("</li>\n");
    }
    html.raw("</ul>\n</section>\n");
  }

  private void trials() {
    if (report.results().stream().allMatch(result -> result.trials().isEmpty())) {
      return;
    }
    section("What was tried on training images held out");
    for (ProtocolResult result : report.results()) {
      if (!result.trials().isEmpty()) {
        int all = result.trials().size();
        String some = all > TRIALS ? "the best " + TRIALS + " of " + all : "all " + all;
        List<List<String>> rows =
            result.trials().stream()
                .sorted(Comparator.comparingDouble(Trial::accuracy).reversed())
                .limit(TRIALS)
                .map(trial -> List.of(trial.setting(), ProbeText.percent(trial.accuracy())))
                .toList();
        html.table(List.of(result.protocol() + ", " + some, "Held out"), rows);
      }
    }
    html.raw("</section>\n");
  }

  private void section(String title) {
    html.raw("<section>\n");
    html.element("h2", title);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
