package ai.lacuna.run;

import ai.lacuna.train.StepClock;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An epoch whose checkpoint is there and whose inspection may not be: the process ended between
 * them or within it, or was asked to stop in the epoch's last step. The record of the run tells.
 *
 * @param epoch what was measured of the epoch; what the record does not say is not a number
 * @param figures what the inspection found, if it came to that
 */
record MissedInspection(Progress.Epoch epoch, Optional<Map<String, Double>> figures) {
  /** A line of the record for an inspection that gave no figure. */
  static final String WITHOUT_FIGURES = "inspected";

  /** A line of the record for one that gave some. */
  static final String FIGURES = "validation";

  private static final String EPOCH = "epoch";
  private static final Gson GSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

  /**
   * Looks for one at a checkpoint.
   *
   * @param run the run's directory, its record cut to the checkpoint
   * @param state the checkpoint's position
   * @param last whether the limit of steps ends the run there, perhaps within an epoch
   * @return empty if nothing is inspected there
   * @throws IOException if the record can't be read
   */
  static Optional<MissedInspection> at(Path run, Checkpoint.State state, boolean last)
      throws IOException {
    Path file = run.resolve(RunRecord.FILE);
    boolean ends = state.batch() == 0 || last;
    if (!ends || state.step() == 0 || !Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(read(RunRecord.lines(file), state));
    } catch (RuntimeException e) {
      // Gson's are of half a dozen classes, by what is wrong and where.
      throw new RunFileException(
          "%s: expected the figures of step %s, found other content; remove those lines"
              .formatted(file, state.step()),
          e);
    }
  }

  private static MissedInspection read(List<String> lines, Checkpoint.State state) {
    int epoch = state.batch() == 0 ? state.epoch() - 1 : state.epoch();
    JsonObject measured = unknown(epoch, state.step());
    Optional<Map<String, Double>> figures = Optional.empty();
    for (String line : lines) {
      JsonObject object = read(line);
      if (!object.has("step")
          || !object.has("kind")
          || object.get("step").getAsLong() != state.step()) {
        continue;
      }
      String kind = object.get("kind").getAsString();
      if (List.of(FIGURES, WITHOUT_FIGURES).contains(kind)) {
        figures = Optional.of(figures(object));
      } else if (kind.equals(EPOCH)) {
        overlay(object, measured);
      }
    }
    return new MissedInspection(GSON.fromJson(measured, Progress.Epoch.class), figures);
  }

  private static Map<String, Double> figures(JsonObject line) {
    Map<String, Double> figures = new LinkedHashMap<>();
    for (Map.Entry<String, JsonElement> entry : line.entrySet()) {
      if (!List.of("kind", EPOCH, "step").contains(entry.getKey())) {
        figures.put(entry.getKey(), entry.getValue().getAsDouble());
      }
    }
    return figures;
  }

  private static JsonObject read(String line) {
    try {
      return JsonParser.parseString(line).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      return new JsonObject(); // Half written by a killed process.
    }
  }

  private static JsonObject unknown(int epoch, long step) {
    double no = Double.NaN;
    Gauges gauges =
        new Gauges(no, no, no, no, no, no, no, new StepClock.HandOffs(no, no, no, no, no), no, no);
    return GSON.toJsonTree(new Progress.Epoch(epoch, step, no, no, no, no, no, 0, gauges))
        .getAsJsonObject();
  }

  private static void overlay(JsonObject from, JsonObject to) {
    for (Map.Entry<String, JsonElement> entry : from.entrySet()) {
      JsonElement there = to.get(entry.getKey());
      if (there != null && there.isJsonObject() && entry.getValue().isJsonObject()) {
        overlay(entry.getValue().getAsJsonObject(), there.getAsJsonObject());
      } else if (there != null) {
        to.add(entry.getKey(), entry.getValue());
      }
    }
  }
}
