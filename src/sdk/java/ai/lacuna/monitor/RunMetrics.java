package ai.lacuna.monitor;

import ai.lacuna.report.LineChart.Point;
import ai.lacuna.run.RunRecord;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The lines of a run's {@code metrics.jsonl}.
 *
 * @param lines in the order of the file; a line that is no JSON object is left out
 */
public record RunMetrics(List<JsonObject> lines) {

  /** Copies the list. */
  public RunMetrics {
    lines = List.copyOf(lines);
  }

  /**
   * Reads the metrics of a run.
   *
   * @param run the run's directory
   * @return its lines; none if there is no file
   * @throws IOException if it can't be read
   */
  public static RunMetrics read(Path run) throws IOException {
    Path file = run.resolve("metrics.jsonl");
    List<JsonObject> lines = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : RunRecord.lines(file)) {
        object(line).ifPresent(lines::add);
      }
    }
    return new RunMetrics(lines);
  }

  /** A process that was killed leaves half a line: empty. */
  private static Optional<JsonObject> object(String line) {
    try {
      JsonElement element = JsonParser.parseString(line);
      return element.isJsonObject() ? Optional.of(element.getAsJsonObject()) : Optional.empty();
    } catch (JsonParseException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns a figure over the steps.
   *
   * @param kind of the lines: {@code step}, {@code epoch} or {@code validation}
   * @param path the figure's name, with those of the objects around it: {@code gauges}, {@code
   *     gradientNorm}
   * @return steps done and the figure, for each line that has it
   */
  public List<Point> over(String kind, String... path) {
    List<Point> points = new ArrayList<>();
    for (JsonObject line : lines) {
      if (isOf(kind, line)) {
        OptionalDouble value = number(line, path);
        OptionalDouble step = number(line, "step");
        if (value.isPresent() && step.isPresent()) {
          points.add(new Point(step.getAsDouble(), value.getAsDouble()));
        }
      }
    }
    return points;
  }

  /**
   * Returns the newest of a figure.
   *
   * @param kind of the lines
   * @param path the figure's name
   * @return empty if no line has it
   */
  public OptionalDouble last(String kind, String... path) {
    List<Point> points = over(kind, path);
    return points.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(points.get(points.size() - 1).y());
  }

  /**
   * Returns the mean loss of the steps of the newest epoch.
   *
   * @return empty if no epoch has ended, nor the run within one
   */
  public OptionalDouble lastLoss() {
    return last("epoch", "loss");
  }

  /** Whether a line says that it is of a kind. */
  static boolean isOf(String kind, JsonObject line) {
    return new JsonPrimitive(kind).equals(line.get("kind"));
  }

  /** A finite number by its name, with those of the objects around it; empty if there is none. */
  static OptionalDouble number(JsonObject line, String... path) {
    JsonElement at = line;
    for (String name : path) {
      if (!at.isJsonObject() || !at.getAsJsonObject().has(name)) {
        return OptionalDouble.empty();
      }
      at = at.getAsJsonObject().get(name);
    }
    boolean isNumber = at.isJsonPrimitive() && at.getAsJsonPrimitive().isNumber();
    return isNumber && Double.isFinite(at.getAsDouble())
        ? OptionalDouble.of(at.getAsDouble())
        : OptionalDouble.empty();
  }
}
