package ai.lacuna.monitor;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.report.Confusion;
import ai.lacuna.report.ConfusionTable;
import ai.lacuna.report.Html;
import ai.lacuna.report.LineChart;
import ai.lacuna.report.LineChart.Series;
import ai.lacuna.report.Page;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.DoubleFunction;

/**
 * {@code report.html} of a run of fine-tuning or segmentation: curves, phases of the plan,
 * configuration, environment and command in one file without a script, made of what the run's
 * directory holds.
 */
public final class FineTuneReport {
  private final RunPage page;
  private final RunMetrics metrics;
  private final Html html;

  /**
   * What the network that a run leaves did on test images.
   *
   * @param images how many
   * @param figures by name: {@code top1}, {@code f1}, {@code mae} and the like, shares from 0 to 1
   * @param confusion of classes; empty for labels and values
   */
  public record Test(int images, Map<String, Double> figures, Optional<Confusion> confusion) {
    /** Copies the figures, in their order. */
    public Test {
      figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }
  }

  private FineTuneReport(Path run, String command) throws IOException {
    this.page = new RunPage(run, command);
    this.metrics = page.metrics();
    this.html = page.html();
  }

  /**
   * Writes the page; an older one survives a crash.
   *
   * @param run the run's directory
   * @param command what to type to repeat it; empty if unknown
   * @param plan which layers are trained for how long, in words
   * @throws IOException if the directory can't be read or written
   */
  public static void write(Path run, String command, String plan) throws IOException {
    write(run, new FineTuneReport(run, command).text(plan, Optional.empty()));
  }

  /**
   * Writes the page with what the network did on test images; an older one survives a crash.
   *
   * @param run the run's directory
   * @param command what to type to repeat it; empty if unknown
   * @param plan which layers are trained for how long, in words
   * @param test figures of the test images
   * @throws IOException if the directory can't be read or written
   */
  public static void write(Path run, String command, String plan, Test test) throws IOException {
    write(run, new FineTuneReport(run, command).text(plan, Optional.of(test)));
  }

  private static void write(Path run, String text) throws IOException {
    FileReplacement.write(run.resolve("report.html"), text);
  }

  private String text(String plan, Optional<Test> test) throws IOException {
    header(plan);
    test.ifPresent(this::test);
    page.curves("How it learns", learning());
    page.curves("How good it is", quality());
    page.curves("How fast it goes", page.speed());
    DamagedSection.of(metrics).appendTo(page);
    page.record();
    return Page.of(kind() + ": " + page.name(), html);
  }

  private String kind() {
    boolean ofPixels = metrics.last("validation", "miou").isPresent();
    return ofPixels ? "Lacuna segmentation" : "Lacuna fine-tuning";
  }

  private void header(String plan) throws IOException {
    html.raw("<header>\n").raw(Page.mark());
    html.element("p", "kicker", kind());
    double loss = metrics.last("epoch", "loss").orElse(Double.NaN);
    String best = headline().orElse("Loss " + RunPage.number(loss));
    html.element("h1", best + " after " + page.progress(0));
    html.raw("<p class=\"lede\">The run <code>" + Html.escape(page.name()));
    html.raw("</code> trains <code>" + Html.escape(plan) + "</code>: layers and their epochs.</p>");
    html.raw("\n<dl class=\"facts three\">\n");
    page.fact(RunPage.number(loss), "loss of the training images, last epoch");
    metrics
        .last("validation", "loss")
        .ifPresent(v -> page.fact(RunPage.number(v), "loss of held-out images"));
    metrics
        .last("epoch", "imagesPerSecond")
        .ifPresent(v -> page.fact(String.format(Locale.ROOT, "%,.0f", v), "images per second"));
    html.raw("</dl>\n</header>\n");
  }

  private void test(Test test) {
    page.section("On the test images");
    html.element(
        "p",
        "The network that the run leaves, judged once at the end on %s that had no part in training."
            .formatted(Counted.of(test.images(), "image")));
    html.raw("<dl class=\"facts three\">\n");
    test.figures().forEach((name, value) -> page.fact(inWords(name, value), meaning(name)));
    html.raw("</dl>\n");
    test.confusion().ifPresent(confusion -> ConfusionTable.appendTo(html, confusion));
    html.raw("</section>\n");
  }

  private static String inWords(String figure, double value) {
    boolean isShare = Set.of("top1", "top5", "f1", "exact").contains(figure);
    return isShare ? Html.number("%.2f %%", 100 * value) : RunPage.number(value);
  }

  private static String meaning(String figure) {
    return switch (figure) {
      case "top1" -> "top-1";
      case "top5" -> "top-5";
      case "f1" -> "F1 of all labels together";
      case "exact" -> "images with every label right";
      case "mae" -> "mean absolute error";
      case "r2" -> "explained variance";
      default -> figure;
    };
  }

  /** The figure that decides between epochs, of the newest one; none if nothing was judged. */
  private Optional<String> headline() {
    return figure("top1", v -> Html.percent(v) + " of the held-out images")
        .or(() -> figure("miou", v -> "Mean IoU " + Html.percent(v)))
        .or(() -> figure("f1", v -> "F1 " + Html.percent(v)))
        .or(() -> figure("mae", v -> "Mean error " + RunPage.number(v)));
  }

  private Optional<String> figure(String name, DoubleFunction<String> words) {
    OptionalDouble last = metrics.last("validation", name);
    return last.isPresent() ? Optional.of(words.apply(last.getAsDouble())) : Optional.empty();
  }

  private List<LineChart> learning() {
    return List.of(
        new LineChart(
            "Loss",
            "steps",
            List.of(
                new Series("training, one batch", metrics.over("step", "loss")),
                new Series("training, an epoch's mean", metrics.over("epoch", "loss")),
                page.validation("held-out images", "loss"))),
        page.step("Learning rate of the head", "learningRate"),
        page.step("Gradient norm", "gauges", "gradientNorm"));
  }

  private List<LineChart> quality() {
    return List.of(
        new LineChart(
            "Accuracy of held-out images",
            "steps",
            List.of(page.validation("top 1", "top1"), page.validation("top 5", "top5"))),
        new LineChart(
            "Pixels of held-out images",
            "steps",
            List.of(
                page.validation("mean IoU", "miou"), page.validation("right", "pixelAccuracy"))),
        new LineChart(
            "Labels of held-out images",
            "steps",
            List.of(page.validation("F1", "f1"), page.validation("all right", "exact"))),
        new LineChart(
            "Mean absolute error of held-out images", "steps", List.of(page.validation("", "mae"))),
        new LineChart(
            "Explained variance of held-out images", "steps", List.of(page.validation("", "r2"))));
  }
}
