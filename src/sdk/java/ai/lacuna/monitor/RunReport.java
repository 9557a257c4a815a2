package ai.lacuna.monitor;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.report.Html;
import ai.lacuna.report.LineChart;
import ai.lacuna.report.LineChart.Series;
import ai.lacuna.report.Page;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code report.html} of a run: curves, pictures, configuration, environment and command in one
 * file without a script, made of what the run's directory holds.
 */
public final class RunReport {
  private static final int EARLIER = 3;

  private final Path run;
  private final RunPage page;
  private final RunMetrics metrics;
  private final PretrainConfig config;
  private final Html html;

  private RunReport(Path run, String command) throws IOException {
    this.run = run;
    this.page = new RunPage(run, command);
    this.metrics = page.metrics();
    this.html = page.html();
    this.config = PretrainConfig.fromJson(Files.readString(run.resolve("config.json")));
  }

  /**
   * Writes the page; an older one survives a crash.
   *
   * @param run the run's directory
   * @param command what to type to repeat it; empty if unknown
   * @throws IOException if the directory can't be read or written
   */
  public static void write(Path run, String command) throws IOException {
    FileReplacement.write(run.resolve("report.html"), new RunReport(run, command).text());
  }

  private String text() throws IOException {
    String name = page.name();
    header(name);
    pictures();
    page.curves("How it learns", learning());
    page.curves("How good it is", quality());
    page.curves("How fast it goes", page.speed());
    DamagedSection.of(metrics).appendTo(page);
    page.record();
    return Page.of("Lacuna pretraining: " + name, html);
  }

  private void header(String name) throws IOException {
    html.raw("<header>\n").raw(Page.mark());
    html.element("p", "kicker", "Lacuna pretraining");
    double loss = metrics.last("epoch", "loss").orElse(Double.NaN);
    html.element(
        "h1",
        "Masked loss %s after %s"
            .formatted(RunPage.number(loss), page.progress(config.recipe().epochs())));
    html.raw("<p class=\"lede\">The run <code>" + Html.escape(name) + "</code> removes ");
    int patches = config.vit().numPatches();
    html.raw(patches - config.keep() + " of " + patches);
    html.raw(" patches of " + config.vit().patchSize() + " × " + config.vit().patchSize());
    html.raw(" pixels and predicts ");
    html.raw(
        config.objective().normPixLoss()
            ? "each patch normalised by its own mean and variance; a constant prediction scores"
                + " about 1, less where patches have one colour."
            : "pixels normalised by channel.");
    html.raw("</p>\n<dl class=\"facts three\">\n");
    metrics
        .last("validation", "loss")
        .ifPresent(v -> page.fact(RunPage.number(v), "masked loss of held-out images"));
    metrics
        .last("validation", "psnr")
        .ifPresent(v -> page.fact(Html.number("%.1f dB", v), "PSNR of filled held-out images"));
    metrics
        .last("validation", "linear")
        .ifPresent(v -> page.fact(Html.percent(v), "linear probe, held-out training images"));
    metrics
        .last("validation", "knn")
        .ifPresent(v -> page.fact(Html.percent(v), "nearest neighbours, held-out training images"));
    metrics
        .last("epoch", "imagesPerSecond")
        .ifPresent(v -> page.fact(String.format(Locale.ROOT, "%,.0f", v), "images per second"));
    metrics
        .last("epoch", "secondsLeft")
        .ifPresent(
            v -> page.fact(RunPage.duration(v), done(v) ? "left: the recipe is done" : "left"));
    metrics
        .last("epoch", "gauges", "peakShare")
        .ifPresent(v -> page.fact(Html.percent(v), "of the machine's matrix peak"));
    html.raw("</dl>\n</header>\n");
  }

  private static boolean done(double secondsLeft) {
    return secondsLeft < 1;
  }

  /** The newest grid, and a few earlier ones, spread evenly. */
  private void pictures() throws IOException {
    List<Integer> epochs = new ArrayList<>();
    for (int epoch = 1; epoch <= config.recipe().epochs(); epoch++) {
      if (Files.exists(picture(epoch))) {
        epochs.add(epoch);
      }
    }
    if (epochs.isEmpty()) {
      return;
    }
    page.section("What it fills in");
    html.element(
        "p",
        "Original, masked, and reconstructed: the removed patches as predicted, the visible ones as"
            + " they are; the same images and masks in every epoch. "
            + (config.objective().normPixLoss()
                ? "The network predicts normalised patches; they are shown with the mean brightness"
                    + " and contrast of the image's visible patches."
                : ""));
    int last = epochs.get(epochs.size() - 1);
    picture("Epoch " + last, picture(last));
    List<Integer> earlier = epochs.subList(0, epochs.size() - 1);
    int shown = Math.min(EARLIER, earlier.size());
    for (int i = shown - 1; i >= 0; i--) {
      int epoch = earlier.get(i * earlier.size() / shown);
      picture("Epoch " + epoch, picture(epoch));
    }
    html.raw("</section>\n");
  }

  private Path picture(int epoch) {
    return run.resolve("pictures").resolve("epoch-" + epoch + ".png");
  }

  private void picture(String title, Path file) throws IOException {
    html.raw("<div class=\"gallery\">\n").element("h3", title);
    html.image(Pixels.read(file), title + ": original, masked and reconstructed images");
    html.raw("</div>\n");
  }

  private List<LineChart> learning() {
    return List.of(
        new LineChart(
            "Masked loss",
            "steps",
            List.of(
                new Series("training, one batch", metrics.over("step", "loss")),
                new Series("training, an epoch's mean", metrics.over("epoch", "loss")),
                new Series("held-out images", metrics.over("validation", "loss")))),
        page.step("Learning rate", "learningRate"),
        page.step("Gradient norm", "gauges", "gradientNorm"),
        page.step("Loss scale of float16", "gauges", "lossScale"));
  }

  private List<LineChart> quality() {
    List<LineChart> charts =
        new ArrayList<>(
            List.of(
                new LineChart(
                    "Accuracy of probes, held-out training images",
                    "steps",
                    List.of(
                        page.validation("linear probe", "linear"),
                        page.validation("nearest neighbours", "knn"))),
                new LineChart(
                    "Prediction and target, correlation",
                    "steps",
                    List.of(
                        page.validation("removed patches", "masked_similarity"),
                        page.validation("visible patches (leakage)", "visible_similarity"))),
                new LineChart(
                    "PSNR of filled images, dB", "steps", List.of(page.validation("", "psnr"))),
                new LineChart(
                    "SSIM of filled images", "steps", List.of(page.validation("", "ssim")))));
    charts.addAll(channels());
    return charts;
  }

  /** As many charts as the colours of their curves take. */
  private List<LineChart> channels() {
    int count = config.vit().channels();
    List<LineChart> charts = new ArrayList<>();
    for (int from = 0; from < count; from += LineChart.MOST_SERIES) {
      List<Series> curves = new ArrayList<>();
      for (int c = from; c < Math.min(count, from + LineChart.MOST_SERIES); c++) {
        curves.add(page.validation(count == 1 ? "" : "channel " + c, "error_channel_" + c));
      }
      charts.add(new LineChart("Squared error of removed pixels", "steps", curves));
    }
    return charts;
  }
}
