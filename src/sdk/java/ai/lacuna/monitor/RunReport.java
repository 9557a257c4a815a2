package ai.lacuna.monitor;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.report.Html;
import ai.lacuna.report.LineChart;
import ai.lacuna.report.LineChart.Point;
import ai.lacuna.report.LineChart.Series;
import ai.lacuna.report.Page;
import ai.lacuna.serving.Pixels;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
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
  private static final double MINUTE = 60;

  private final Path run;
  private final String command;
  private final RunMetrics metrics;
  private final PretrainConfig config;
  private final Html html = new Html();

  private RunReport(Path run, String command) throws IOException {
    this.run = run;
    this.command = command;
    this.metrics = RunMetrics.read(run);
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
    FileReplacement.write(run.resolve("report.html"), new RunReport(run, command).page());
  }

  private String page() throws IOException {
    String name = String.valueOf(run.toAbsolutePath().normalize().getFileName());
    header(name);
    pictures();
    curves("How it learns", learning());
    curves("How good it is", quality());
    curves("How fast it goes", speed());
    record();
    return Page.of("Lacuna pretraining: " + name, html);
  }

  private void header(String name) {
    html.raw("<header>\n").raw(Page.mark());
    html.element("p", "kicker", "Lacuna pretraining");
    int epochs = config.recipe().epochs();
    int done = (int) metrics.last("epoch", "epoch").orElse(-1) + 1;
    double loss = metrics.last("epoch", "loss").orElse(Double.NaN);
    html.element(
        "h1", "Masked loss " + number(loss) + " after " + done + " of " + epochs + " epochs");
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
        .ifPresent(v -> fact(number(v), "masked loss of held-out images"));
    metrics
        .last("validation", "psnr")
        .ifPresent(v -> fact(Html.number("%.1f dB", v), "PSNR of filled held-out images"));
    metrics
        .last("validation", "linear")
        .ifPresent(v -> fact(Html.percent(v), "linear probe, held-out training images"));
    metrics
        .last("validation", "knn")
        .ifPresent(v -> fact(Html.percent(v), "nearest neighbours, held-out training images"));
    metrics
        .last("epoch", "imagesPerSecond")
        .ifPresent(v -> fact(String.format(Locale.ROOT, "%,.0f", v), "images per second"));
    metrics
        .last("epoch", "secondsLeft")
        .ifPresent(v -> fact(duration(v), done(v) ? "left: the recipe is done" : "left"));
    metrics
        .last("epoch", "gauges", "peakShare")
        .ifPresent(v -> fact(Html.percent(v), "of the machine's matrix peak"));
    html.raw("</dl>\n</header>\n");
  }

  private static boolean done(double secondsLeft) {
    return secondsLeft < 1;
  }

  private void fact(String figure, String meaning) {
    html.raw("<div><dt>" + Html.escape(meaning) + "</dt><dd>" + Html.escape(figure));
    html.raw("</dd></div>\n");
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
    section("What it fills in");
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
        step("Learning rate", "learningRate"),
        step("Gradient norm", "gauges", "gradientNorm"));
  }

  private List<LineChart> quality() {
    List<Series> channels = new ArrayList<>();
    for (int c = 0; c < config.vit().channels(); c++) {
      channels.add(
          validation(config.vit().channels() == 1 ? "" : "channel " + c, "error_channel_" + c));
    }
    return List.of(
        new LineChart(
            "Accuracy of probes, held-out training images",
            "steps",
            List.of(validation("linear probe", "linear"), validation("nearest neighbours", "knn"))),
        new LineChart(
            "Prediction and target, correlation",
            "steps",
            List.of(
                validation("removed patches", "masked_similarity"),
                validation("visible patches (leakage)", "visible_similarity"))),
        new LineChart("PSNR of filled images, dB", "steps", List.of(validation("", "psnr"))),
        new LineChart("SSIM of filled images", "steps", List.of(validation("", "ssim"))),
        new LineChart("Squared error of removed pixels", "steps", channels));
  }

  private List<LineChart> speed() {
    return List.of(
        step("Images per second", "imagesPerSecond"),
        new LineChart(
            "Milliseconds of a step",
            "steps",
            List.of(
                handOff("load"),
                handOff("transfer"),
                handOff("forward"),
                handOff("backward"),
                handOff("step"))),
        step("Share of the machine's matrix peak", "gauges", "peakShare"),
        step("Greatest resident memory, MiB", "gauges", "residentPeakMiB"),
        step("GPU memory in use, MiB", "gauges", "deviceMiB"));
  }

  private LineChart step(String title, String... path) {
    return new LineChart(title, "steps", List.of(new Series("", metrics.over("step", path))));
  }

  private Series validation(String name, String figure) {
    return new Series(name, metrics.over("validation", figure));
  }

  private Series handOff(String phase) {
    List<Point> seconds = metrics.over("step", "gauges", "secondsPerStep", phase);
    return new Series(phase, seconds.stream().map(p -> new Point(p.x(), 1000 * p.y())).toList());
  }

  private void curves(String title, List<LineChart> charts) {
    List<LineChart> drawn = charts.stream().filter(chart -> !chart.isEmpty()).toList();
    if (!drawn.isEmpty()) {
      section(title);
      html.raw("<div class=\"charts\">\n");
      drawn.forEach(chart -> chart.appendTo(html));
      html.raw("</div>\n</section>\n");
    }
  }

  private void record() throws IOException {
    section("To repeat it");
    if (!command.isEmpty()) {
      html.raw("<pre><code>" + Html.escape(command) + "</code></pre>\n");
    }
    html.raw("<div class=\"two\">\n<div class=\"words\">\n").element("h3", "Environment");
    json(run.resolve("environment.json"));
    html.raw("</div>\n<div class=\"words\">\n").element("h3", "Configuration");
    json(run.resolve("config.json"));
    html.raw("</div>\n</div>\n</section>\n");
  }

  private void json(Path file) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    if (Files.exists(file)) {
      flatten("", JsonParser.parseString(Files.readString(file)), rows);
    }
    html.table(List.of("What", "Value"), rows);
  }

  private static void flatten(String name, JsonElement value, List<List<String>> rows) {
    if (value.isJsonObject()) {
      JsonObject object = value.getAsJsonObject();
      object.asMap().forEach((key, v) -> flatten(name.isEmpty() ? key : name + "." + key, v, rows));
    } else {
      rows.add(List.of(name, value.isJsonPrimitive() ? value.getAsString() : value.toString()));
    }
  }

  private void section(String title) {
    html.raw("<section>\n").element("h2", title);
  }

  private static String number(double value) {
    return Html.number(Math.abs(value) < 0.1 ? "%.4f" : "%.3f", value);
  }

  private static String duration(double seconds) {
    if (seconds < MINUTE) {
      return Html.number("%.0f s", seconds);
    }
    return seconds < MINUTE * MINUTE
        ? Html.number("%.0f min", seconds / MINUTE)
        : Html.number("%.1f h", seconds / MINUTE / MINUTE);
  }
}
