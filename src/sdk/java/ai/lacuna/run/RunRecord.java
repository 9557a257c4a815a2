package ai.lacuna.run;

import ai.lacuna.files.FileReplacement;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSyntaxException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** {@code metrics.jsonl} of a run: one JSON object for each record, appended and flushed. */
public final class RunRecord implements AutoCloseable {
  static final String FILE = "metrics.jsonl";

  /** The kind of a line that says what of the configuration changed before the run went on. */
  static final String CHANGED = "configuration";

  private static final Gson GSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

  private final Path file;
  private final BufferedWriter metrics;

  private RunRecord(Path file, BufferedWriter metrics) {
    this.file = file;
    this.metrics = metrics;
  }

  /** Opens the record of a run that has done {@code step} steps; later lines are dropped. */
  static RunRecord open(Path run, long step) throws IOException {
    Path file = run.resolve(FILE);
    if (Files.exists(file)) {
      FileReplacement.write(
          file,
          lines(file).stream()
              .filter(line -> isUpTo(line, step))
              .map(line -> line + System.lineSeparator())
              .collect(Collectors.joining()));
    }
    return new RunRecord(
        file, Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  /**
   * Reads the lines of a record, not by {@code readAllLines}: a power cut may leave bytes that are
   * no text.
   *
   * @param file the record
   * @return its lines, with the Unicode replacement character where there is no text
   * @throws IOException if it can't be read
   */
  public static List<String> lines(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
  }

  /** A line that a killed process left half written is dropped too, and any that has no step. */
  private static boolean isUpTo(String line, long step) {
    OptionalLong of = stepOf(line);
    return of.isPresent() && of.getAsLong() <= step;
  }

  /** The step of a line; empty where it has none, or is half written. */
  private static OptionalLong stepOf(String line) {
    try {
      JsonObject object = JsonParser.parseString(line).getAsJsonObject();
      return object.has("step")
          ? OptionalLong.of(object.get("step").getAsLong())
          : OptionalLong.empty();
    } catch (JsonSyntaxException
        | IllegalStateException
        | NumberFormatException
        | UnsupportedOperationException e) {
      return OptionalLong.empty();
    }
  }

  /**
   * Finds where a run last went on under another configuration or other data.
   *
   * @param run the run's directory
   * @return steps that were done then; empty if it never did
   * @throws IOException if the record can't be read
   */
  public static OptionalLong lastChange(Path run) throws IOException {
    return of(run, CHANGED).stream().flatMapToLong(line -> stepOf(line).stream()).max();
  }

  /**
   * Finds the loss that a run recorded at a step.
   *
   * @param run the run's directory
   * @param step the step, from 1
   * @return empty if it recorded none there
   * @throws IOException if the record can't be read
   */
  public static OptionalDouble loss(Path run, long step) throws IOException {
    return of(run, "step").stream()
        .filter(line -> stepOf(line).equals(OptionalLong.of(step)))
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .map(line -> line.get("loss"))
        .filter(loss -> loss instanceof JsonPrimitive value && value.isNumber())
        .mapToDouble(JsonElement::getAsDouble)
        .findFirst();
  }

  /** The lines of a kind; the last one may be half written. */
  private static List<String> of(Path run, String kind) throws IOException {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return List.of();
    }
    String start = "{\"kind\":\"" + kind + "\"";
    return lines(file).stream().filter(line -> line.startsWith(start)).toList();
  }

  void write(String kind, Record values) {
    JsonObject line = new JsonObject();
    line.addProperty("kind", kind);
    add(GSON.toJsonTree(values).getAsJsonObject(), line);
    append(line);
  }

  /** Writes figures by name; those that are not finite are left out, as JSON has none. */
  void write(String kind, int epoch, long step, Map<String, Double> figures) {
    JsonObject line = new JsonObject();
    line.addProperty("kind", kind);
    line.addProperty("epoch", epoch);
    line.addProperty("step", step);
    add(GSON.toJsonTree(figures).getAsJsonObject(), line);
    append(line);
  }

  private static void add(JsonObject from, JsonObject to) {
    from.asMap()
        .forEach(
            (name, value) -> {
              if (value.isJsonObject()) {
                JsonObject inner = new JsonObject();
                add(value.getAsJsonObject(), inner);
                to.add(name, inner);
              } else if (!isUnspeakable(value)) {
                to.add(name, value);
              }
            });
  }

  private static boolean isUnspeakable(JsonElement value) {
    return value.isJsonPrimitive()
        && value.getAsJsonPrimitive().isNumber()
        && !Double.isFinite(value.getAsDouble());
  }

  private void append(JsonObject line) {
    try {
      metrics.write(GSON.toJson(line));
      metrics.newLine();
      metrics.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "%s: can't be written (%s); make room and start the run again"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  @Override
  public void close() throws IOException {
    metrics.close();
  }
}
