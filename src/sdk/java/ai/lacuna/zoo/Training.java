package ai.lacuna.zoo;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;

/**
 * The course of a pretraining run, read from its log.
 *
 * @param epochs passes over the data
 * @param seconds time of all epochs together
 * @param firstLoss mean loss of the first epoch; NaN without an epoch
 * @param lastLoss mean loss of the last epoch; NaN without an epoch
 */
public record Training(int epochs, double seconds, double firstLoss, double lastLoss) {
  static Training of(String log, String where) {
    int epochs = 0;
    double seconds = 0;
    double first = Double.NaN;
    double last = Double.NaN;
    int number = 0;
    for (String line : log.lines().toList()) {
      number++;
      try {
        JsonObject object = JsonParser.parseString(line).getAsJsonObject();
        JsonElement kind = object.get("kind");
        if (kind == null || !kind.getAsString().equals("epoch")) {
          continue;
        }
        epochs = Math.max(epochs, required(object, "epoch").getAsInt() + 1);
        seconds += required(object, "seconds").getAsDouble();
        last = required(object, "loss").getAsDouble();
        first = Double.isNaN(first) ? last : first;
      } catch (JsonParseException | IllegalStateException | NumberFormatException e) {
        throw new ZooException(
            where + ": line " + number + ": expected a JSON object: " + e.getMessage(), e);
      }
    }
    return new Training(epochs, seconds, first, last);
  }

  private static JsonElement required(JsonObject object, String name) {
    JsonElement value = object.get(name);
    if (value == null) {
      throw new IllegalStateException("'" + name + "' is missing");
    }
    return value;
  }
}
