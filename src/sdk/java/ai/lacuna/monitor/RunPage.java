package ai.lacuna.monitor;

import ai.lacuna.report.Html;
import ai.lacuna.report.LineChart;
import ai.lacuna.report.LineChart.Point;
import ai.lacuna.report.LineChart.Series;
import ai.lacuna.run.RunData;
import ai.lacuna.run.RunFile;
import ai.lacuna.text.Counted;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** The parts of a run's page that do not depend on what the run trains. */
final class RunPage {
  private static final double MINUTE = 60;

  private final Path run;
  private final String command;
  private final RunMetrics metrics;
  private final Html html = new Html();

  /**
   * Begins a page of what the run's directory holds.
   *
   * @param command what to type to repeat the run; empty if unknown
   */
  RunPage(Path run, String command) throws IOException {
    this.run = run;
    this.command = command;
    this.metrics = RunMetrics.read(run);
  }

  /** The last part of the directory's path. */
  String name() {
    return String.valueOf(run.toAbsolutePath().normalize().getFileName());
  }

  /**
   * How far the run has come: {@code 3 epochs} of those that are whole, else {@code 4 steps}, which
   * a limit of steps leaves.
   *
   * @param epochs how many there will be; 0 if that is not to be said
   */
  String progress(int epochs) throws IOException {
    long epoch = (long) metrics.last("epoch", "epoch").orElse(-1) + 1;
    long step = (long) metrics.last("epoch", "step").orElse(0);
    long batches = batches();
    boolean whole = batches == 0 || step == epoch * batches;
    long done = whole ? epoch : step;
    long all = whole ? epochs : epochs * batches;
    String unit = whole ? "epoch" : "step";
    return all > 0
        ? String.format(Locale.ROOT, "%,d of %s", done, Counted.of(all, unit))
        : Counted.of(done, unit);
  }

  /** Steps of an epoch; 0 if the directory does not say. */
  private long batches() throws IOException {
    Optional<JsonObject> config = json("config.json");
    Optional<RunData> data = RunData.find(run);
    if (data.isEmpty() || config.isEmpty()) {
      return 0;
    }
    OptionalDouble batch = RunMetrics.number(config.get(), "recipe", "batchSize");
    long size = (long) batch.orElse(0);
    return size > 0 ? data.get().images() / size : 0;
  }

  /** What a file of the run's directory holds; empty if there is none. */
  Optional<JsonObject> json(String name) throws IOException {
    Path file = run.resolve(name);
    return Files.exists(file)
        ? Optional.of(RunFile.object(file, "a JSON object", "restore it", o -> o))
        : Optional.empty();
  }

  RunMetrics metrics() {
    return metrics;
  }

  Html html() {
    return html;
  }

  void fact(String figure, String meaning) {
    html.raw("<div><dt>" + Html.escape(meaning) + "</dt><dd>" + Html.escape(figure));
    html.raw("</dd></div>\n");
  }

  List<LineChart> speed() {
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

  LineChart step(String title, String... path) {
    return new LineChart(title, "steps", List.of(new Series("", metrics.over("step", path))));
  }

  Series validation(String name, String figure) {
    return new Series(name, metrics.over("validation", figure));
  }

  private Series handOff(String phase) {
    List<Point> seconds = metrics.over("step", "gauges", "secondsPerStep", phase);
    return new Series(phase, seconds.stream().map(p -> new Point(p.x(), 1000 * p.y())).toList());
  }

  void curves(String title, List<LineChart> charts) {
    List<LineChart> drawn = charts.stream().filter(chart -> !chart.isEmpty()).toList();
    if (!drawn.isEmpty()) {
      section(title);
      html.raw("<div class=\"charts\">\n");
      drawn.forEach(chart -> chart.appendTo(html));
      html.raw("</div>\n</section>\n");
    }
  }

  void record() throws IOException {
    section("To repeat it");
    if (!command.isEmpty()) {
      html.raw("<pre><code>" + Html.escape(command) + "</code></pre>\n");
    }
    html.raw("<div class=\"two\">\n<div class=\"words\">\n").element("h3", "Environment");
    table("environment.json");
    html.raw("</div>\n<div class=\"words\">\n").element("h3", "Configuration");
    table("config.json");
    html.raw("</div>\n</div>\n</section>\n");
  }

  private void table(String name) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    json(name).ifPresent(object -> flatten("", object, rows));
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

  void section(String title) {
    html.raw("<section>\n").element("h2", title);
  }

  static String number(double value) {
    return Html.number(Math.abs(value) < 0.1 ? "%.4f" : "%.3f", value);
  }

  static String duration(double seconds) {
    if (seconds < MINUTE) {
      return Html.number("%.0f s", seconds);
    }
    return seconds < MINUTE * MINUTE
        ? Html.number("%.0f min", seconds / MINUTE)
        : Html.number("%.1f h", seconds / MINUTE / MINUTE);
  }
}
