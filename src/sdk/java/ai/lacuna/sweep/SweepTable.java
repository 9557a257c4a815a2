package ai.lacuna.sweep;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.report.Html;
import ai.lacuna.report.Page;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the runs of a sweep are worth, as text, CSV, JSON and a page. */
public final class SweepTable {
  /** What every form of the table says. */
  public static final String NOTE =
      "Losses are comparable between runs of one target only: the same kind of pixels, patch size and"
          + " loss. The k-NN accuracy, on held-out training images, is comparable between all.";

  private final Map<Variant, Score> rows = new LinkedHashMap<>();

  /**
   * Adds a run.
   *
   * @param variant the run
   * @param score its score
   */
  public void add(Variant variant, Score score) {
    rows.put(variant, score);
  }

  private static List<String> head(Variant variant) {
    List<String> head = new ArrayList<>(variant.varied().keySet());
    head.addAll(
        List.of(
            "k-NN",
            "held-out loss",
            "train loss",
            "PSNR",
            "target",
            "MFLOPs",
            "parameters",
            "steps",
            "seconds"));
    return head;
  }

  private static List<String> cells(Variant variant, Score score) {
    List<String> cells = new ArrayList<>(variant.varied().values());
    cells.add(Double.isNaN(score.knn()) ? "-" : Html.percent(score.knn()));
    cells.add(Html.number("%.4f", score.validationLoss()));
    cells.add(Html.number("%.4f", score.trainLoss()));
    cells.add(Html.number("%.2f", score.psnr()));
    cells.add(score.target());
    cells.add(Html.number("%.1f", score.mflops()));
    cells.add(String.format(Locale.ROOT, "%,d", score.parameters()));
    cells.add(String.valueOf(score.steps()));
    cells.add(Html.number("%.1f", score.seconds()));
    return cells;
  }

  private List<Map.Entry<Variant, Score>> bestFirst() {
    Comparator<Map.Entry<Variant, Score>> byKnn =
        Comparator.comparingDouble(
            row -> Double.isNaN(row.getValue().knn()) ? 0 : -row.getValue().knn());
    return rows.entrySet().stream()
        .sorted(byKnn.thenComparingDouble(row -> row.getValue().validationLoss()))
        .toList();
  }

  /**
   * Returns the table in columns, the best probe first, and the note.
   *
   * @return lines
   */
  public String text() {
    List<List<String>> lines = new ArrayList<>();
    for (Map.Entry<Variant, Score> row : bestFirst()) {
      if (lines.isEmpty()) {
        lines.add(head(row.getKey()));
      }
      lines.add(cells(row.getKey(), row.getValue()));
    }
    StringBuilder text = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder one = new StringBuilder();
      for (int column = 0; column < line.size(); column++) {
        int at = column;
        int width = lines.stream().mapToInt(cells -> cells.get(at).length()).max().orElse(0);
        String cell = line.get(column);
        one.append(cell).append(" ".repeat(width - cell.length() + 2));
      }
      text.append(one.toString().stripTrailing()).append('\n');
    }
    return text + NOTE + "\n";
  }

  /** The table as CSV (RFC 4180), in the order of the runs. */
  public String csv() {
    StringBuilder text = new StringBuilder();
    rows.forEach(
        (variant, score) -> {
          if (text.isEmpty()) {
            text.append(line(variant.varied().keySet().stream().toList()));
            text.setLength(text.length() - 2);
            text.append(
                ",knn,validation_loss,train_loss,psnr,target,mflops,parameters,steps,seconds,run\r\n");
          }
          List<String> cells = new ArrayList<>(variant.varied().values());
          cells.add(figure(score.knn()));
          cells.add(figure(score.validationLoss()));
          cells.add(figure(score.trainLoss()));
          cells.add(figure(score.psnr()));
          cells.add(score.target());
          cells.add(figure(score.mflops()));
          cells.add(String.valueOf(score.parameters()));
          cells.add(String.valueOf(score.steps()));
          cells.add(figure(score.seconds()));
          cells.add(variant.name());
          text.append(line(cells));
        });
    return text.toString();
  }

  private static String figure(double value) {
    return Double.isFinite(value) ? String.valueOf(value) : "";
  }

  private static String line(List<String> cells) {
    return cells.stream()
            .map(c -> c.matches("[^\",\r\n]*") ? c : "\"" + c.replace("\"", "\"\"") + "\"")
            .collect(Collectors.joining(","))
        + "\r\n";
  }

  /** The table as JSON: an array with an object for each run. */
  public String json() {
    JsonArray all = new JsonArray();
    rows.forEach(
        (variant, score) -> {
          JsonObject row = new JsonObject();
          JsonObject varied = new JsonObject();
          variant.varied().forEach(varied::addProperty);
          row.addProperty("run", variant.name());
          row.add("varied", varied);
          row.addProperty("target", score.target());
          number(row, "knn", score.knn());
          number(row, "validationLoss", score.validationLoss());
          number(row, "trainLoss", score.trainLoss());
          number(row, "psnr", score.psnr());
          row.addProperty("steps", score.steps());
          row.addProperty("parameters", score.parameters());
          number(row, "mflops", score.mflops());
          number(row, "seconds", score.seconds());
          row.addProperty("command", variant.command());
          all.add(row);
        });
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(all) + "\n";
  }

  private static void number(JsonObject row, String name, double value) {
    if (Double.isFinite(value)) {
      row.addProperty(name, value);
    }
  }

  /**
   * Writes {@code sweep.csv}, {@code sweep.json} and {@code report.html}.
   *
   * @param directory where to
   * @param command what to type to repeat the sweep
   * @throws IOException if one can't be written
   */
  public void write(Path directory, String command) throws IOException {
    FileReplacement.write(directory.resolve("sweep.csv"), csv());
    FileReplacement.write(directory.resolve("sweep.json"), json());
    FileReplacement.write(directory.resolve("report.html"), page(command));
  }

  private String page(String command) {
    List<Map.Entry<Variant, Score>> sorted = bestFirst();
    Html html = new Html();
    html.raw("<header>\n").raw(Page.mark()).element("p", "kicker", "Lacuna sweep");
    Map.Entry<Variant, Score> best = sorted.get(0);
    boolean probed = !Double.isNaN(best.getValue().knn());
    html.element("h1", (probed ? "Best probe: " : "Best loss: ") + label(best.getKey()));
    html.element("p", "lede", NOTE);
    html.raw("</header>\n<section>\n");
    html.element("h2", probed ? "What the encoders are worth" : "Masked loss");
    html.element(
        "p",
        probed
            ? "Accuracy of nearest neighbours on held-out training images, the best first."
            : "Of held-out images; without labels there is no probe.");
    bars(html, sorted, probed);
    html.raw("</section>\n<section>\n").element("h2", "All figures");
    html.table(
        head(best.getKey()),
        sorted.stream().map(row -> cells(row.getKey(), row.getValue())).toList());
    html.raw("</section>\n<section>\n").element("h2", "To repeat it");
    html.raw("<pre><code>" + Html.escape(command) + "</code></pre>\n");
    html.element("p", "note", "Each run's folder has a report of its own.");
    html.raw("</section>\n");
    return Page.of("Lacuna sweep", html);
  }

  private static void bars(Html html, List<Map.Entry<Variant, Score>> sorted, boolean probed) {
    double most =
        sorted.stream()
            .mapToDouble(row -> probed ? row.getValue().knn() : row.getValue().validationLoss())
            .max()
            .orElse(1);
    html.raw("<div class=\"scroll\"><table class=\"bars\"><tbody>\n");
    for (Map.Entry<Variant, Score> row : sorted) {
      double value = probed ? row.getValue().knn() : row.getValue().validationLoss();
      html.raw("<tr><th scope=\"row\">" + Html.escape(label(row.getKey())));
      html.raw("</th><td><span style=\"width:" + Html.number("%.1f", 100 * value / most));
      html.raw("%\"></span></td><td>");
      html.raw(probed ? Html.percent(value) : Html.number("%.4f", value));
      html.raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
  }

  private static String label(Variant variant) {
    return variant.varied().entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
