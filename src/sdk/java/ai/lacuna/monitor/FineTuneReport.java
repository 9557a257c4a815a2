package ai.lacuna.monitor;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.report.Confusion;
import ai.lacuna.report.Html;
import ai.lacuna.report.LineChart;
import ai.lacuna.report.LineChart.Series;
import ai.lacuna.report.Page;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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

  /** What the run says of its best epoch; empty if none was judged. */
  private final Optional<JsonObject> best;

  /**
   * What the network that a run leaves did when it was judged at the end.
   *
   * @param images how many
   * @param decided whether epochs were judged on the same images, so that they decided which one is
   *     kept; test images had no part in that
   * @param figures by name: {@code top1}, {@code f1}, {@code mae}, {@code miou} and the like,
   *     shares from 0 to 1
   * @param confusion of images' classes; empty for labels, values and pixels
   * @param classes of pixels, how well each was found; empty for what has one answer for an image
   * @param sheet a PNG of some of the images and what was said of them, shown in the page; empty
   *     for none
   */
  public record Test(
      int images,
      boolean decided,
      Map<String, Double> figures,
      Optional<Confusion> confusion,
      List<ClassIou> classes,
      Optional<Path> sheet) {
    /** Copies the figures, in their order. */
    public Test {
      figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
      classes = List.copyOf(classes);
    }
  }

  /**
   * How well the pixels of a class were found.
   *
   * @param name of the class
   * @param iou intersection over union, 0 to 1; NaN for a class that is neither in the masks nor in
   *     the predictions
   */
  public record ClassIou(String name, double iou) {}

  private FineTuneReport(Path run, String command) throws IOException {
    this.page = new RunPage(run, command);
    this.metrics = page.metrics();
    this.html = page.html();
    this.best = page.json("best.json");
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
    if (test.isPresent()) {
      TestSection.appendTo(page, test.get());
    }
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
    Optional<String> figure = headline();
    html.element(
        "h1",
        figure.isPresent()
            ? figure.get() + " after " + bestEpoch()
            : "Loss " + RunPage.number(loss) + " after " + page.progress(0));
    html.raw("<p class=\"lede\">The run <code>" + Html.escape(page.name()));
    html.raw("</code> trains <code>" + Html.escape(plan) + "</code>: layers and their epochs.</p>");
    html.raw("\n<dl class=\"facts three\">\n");
    page.fact(RunPage.number(loss), "loss of the training images, last epoch");
    best("loss")
        .ifPresent(v -> page.fact(RunPage.number(v), "loss of held-out images, best epoch"));
    metrics
        .last("epoch", "imagesPerSecond")
        .ifPresent(v -> page.fact(String.format(Locale.ROOT, "%,.0f", v), "images per second"));
    html.raw("</dl>\n</header>\n");
  }

  /** The best epoch's figure, whose network is kept; none if nothing was judged. */
  private Optional<String> headline() {
    return figure("top1", v -> Html.percent(v) + " of the held-out images")
        .or(() -> figure("miou", v -> "Mean IoU " + Html.percent(v)))
        .or(() -> figure("f1", v -> "F1 " + Html.percent(v)))
        .or(() -> figure("mae", v -> "Mean error " + RunPage.number(v)));
  }

  private Optional<String> figure(String name, DoubleFunction<String> words) {
    OptionalDouble value = best(name);
    return value.isPresent() ? Optional.of(words.apply(value.getAsDouble())) : Optional.empty();
  }

  /** {@code epoch 2, the best in 3 epochs}; of a run in its first one, how far it is. */
  private String bestEpoch() throws IOException {
    long epoch = (long) RunMetrics.number(best.orElseThrow(), "epoch").orElse(0) + 1;
    boolean alone = metrics.last("epoch", "epoch").orElse(0) == 0;
    String done = page.progress(0);
    return alone ? done : "epoch %s, the best in %s".formatted(epoch, done);
  }

  private OptionalDouble best(String figure) {
    return best.isPresent()
        ? RunMetrics.number(best.get(), "figures", figure)
        : OptionalDouble.empty();
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
