package ai.lacuna.sweep;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.report.Html;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the runs of a sweep are worth, as text, CSV, JSON and a page. */
public final class SweepTable {
  /** The file that tells the folder of a sweep from others. */
  public static final String FILE = "sweep.json";

  /** What every form of the table says. */
  public static final String NOTE =
      "Losses are comparable between runs of one target only: the same kind of pixels, patch size and"
          + " loss.";

  /** What it says of runs that were probed. */
  private static final String PROBED =
      " The accuracies of linear probe and k-NN, on held-out training images, are comparable"
          + " between all.";

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
            "linear probe",
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
    cells.add(accuracy(score.linear()));
    cells.add(accuracy(score.knn()));
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

  private static String accuracy(double value) {
    return Double.isNaN(value) ? "-" : Html.percent(value);
  }

  /** By the probe; without one by the loss, the runs of each target together. */
  private List<Map.Entry<Variant, Score>> bestFirst() {
    Comparator<Map.Entry<Variant, Score>> byProbe =
        Comparator.comparingDouble(
            row -> Double.isNaN(row.getValue().linear()) ? 0 : -row.getValue().linear());
    return rows.entrySet().stream()
        .sorted(
            byProbe
                .thenComparing(
                    row -> Double.isNaN(row.getValue().linear()) ? row.getValue().target() : "")
                .thenComparingDouble(row -> row.getValue().validationLoss()))
        .toList();
  }

  /**
   * Returns the table in columns, the best probe first, and the note. Without probes the runs of
   * each target stand together, the least loss first.
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
    return text + note(rows.values()) + "\n";
  }

  /** What is comparable of runs with these scores. */
  static String note(Collection<Score> scores) {
    boolean probed =
        scores.stream().anyMatch(s -> !Double.isNaN(s.linear()) || !Double.isNaN(s.knn()));
    return probed ? NOTE + PROBED : NOTE;
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
                ",linear,knn,validation_loss,train_loss,psnr,target,mflops,parameters,steps,seconds,run\r\n");
          }
          List<String> cells = new ArrayList<>(variant.varied().values());
          cells.add(figure(score.linear()));
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
          number(row, "linear", score.linear());
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
    FileReplacement.write(directory.resolve(FILE), json());
    List<List<String>> cells = new ArrayList<>();
    List<Map.Entry<Variant, Score>> sorted = bestFirst();
    sorted.forEach(row -> cells.add(cells(row.getKey(), row.getValue())));
    List<String> head = head(sorted.get(0).getKey());
    FileReplacement.write(
        directory.resolve("report.html"), SweepPage.of(sorted, head, cells, command));
  }
}
