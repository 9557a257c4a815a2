package ai.lacuna.zoo;

import ai.lacuna.text.Counted;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How an entry's weights were trained, in its card.
 *
 * @param entry the entry
 * @param text where it is written
 */
record CardTraining(ZooEntry entry, CardText text) {
  /** Of a server's processor core, with its share of the machine. */
  private static final int WATTS = 10;

  /** The power limit of an H100 or H200 SXM by NVIDIA's data sheets. */
  private static final int GPU_WATTS = 700;

  private static final double SECONDS_OF_AN_HOUR = 3600;

  void recipe() {
    text.heading("Recipe, and how to repeat it");
    text.line("```");
    text.line("%s", entry.listing().about().recipe().command());
    text.line("```");
    text.line("");
    if (!entry.hasRecipe()) {
      text.line(
          "The weights are their publisher's; configuration, log and time of the run are not in");
      text.line("this zoo.");
      text.line("");
      return;
    }
    Training training = entry.training();
    text.line(
        "This took %s for %s; the mean loss went from %s in the first to %s in the last.",
        Durations.of(training.seconds()),
        Counted.of(training.epochs(), "epoch"),
        loss(training.firstLoss()),
        loss(training.lastLoss()));
    text.line("`recipe.json` beside the weights holds the configuration, `train.jsonl` the log.");
    text.line("");
    text.table("setting", section(entry.isFineTuned() ? "finetune" : "pretrain"));
  }

  void environment() {
    text.heading("Environment and energy of the training");
    if (entry.hasRecipe()) {
      text.table("part", section("environment"));
    } else {
      text.line("Its publisher's; not recorded in this zoo.");
      text.line("");
    }
  }

  /** Processor hours times an assumed power; nobody has measured it. */
  void energy() {
    if (!entry.hasRecipe()) {
      return;
    }
    String devices = section("environment").getOrDefault("device", "");
    if (devices.startsWith("cuda")) {
      energyOfGpus(devices.split(",", -1).length);
      return;
    }
    String processors = section("environment").getOrDefault("processors", "");
    if (!processors.matches("[0-9]{1,4}")) {
      return;
    }
    double hours = Integer.parseInt(processors) * entry.training().seconds() / SECONDS_OF_AN_HOUR;
    text.line(
        "Energy, an estimate: %s for %s processors are %.1f processor hours; at %d W each, which is",
        Durations.of(entry.training().seconds()), processors, hours, WATTS);
    text.line("assumed and was not measured, %.3f kWh for training.", hours * WATTS / 1000);
    text.line("");
  }

  private void energyOfGpus(int gpus) {
    double hours = gpus * entry.training().seconds() / SECONDS_OF_AN_HOUR;
    text.line(
        "Energy, an estimate: %s on %s are %.2f GPU hours; at %d W, the most that a large one takes,",
        Durations.of(entry.training().seconds()), Counted.of(gpus, "GPU"), hours, GPU_WATTS);
    text.line("which was not measured, %.3f kWh for training.", hours * GPU_WATTS / 1000);
    text.line("");
  }

  /** One object of {@code recipe.json}, flattened to dotted names. */
  private Map<String, String> section(String name) {
    try {
      JsonObject recipe = JsonParser.parseString(entry.recipe()).getAsJsonObject();
      Map<String, String> flat = new LinkedHashMap<>();
      if (recipe.has(name)) {
        recipe.getAsJsonObject(name).asMap().forEach((key, value) -> flatten(key, value, flat));
      }
      return flat;
    } catch (JsonParseException | IllegalStateException | ClassCastException e) {
      throw new ZooException(
          entry.name() + ": recipe.json: expected objects: " + e.getMessage(), e);
    }
  }

  private static void flatten(String name, JsonElement value, Map<String, String> flat) {
    if (value instanceof JsonObject object) {
      object.asMap().forEach((key, inner) -> flatten(name + "." + key, inner, flat));
    } else {
      flat.put(name, value.isJsonPrimitive() ? value.getAsString() : value.toString());
    }
  }

  private static String loss(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
