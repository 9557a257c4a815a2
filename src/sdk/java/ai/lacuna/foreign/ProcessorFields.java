package ai.lacuna.foreign;

import ai.lacuna.weights.WeightsException;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Typed access to an object of a JSON file beside weights; what is of another type is told with its
 * place. A field that is null is one that is not there.
 *
 * @param file where it is
 * @param place names before those of this object's fields, each with a space behind it
 * @param object the fields
 */
record ProcessorFields(Path file, String place, JsonObject object) {
  private static final int MOST_BYTES = 1 << 20;
  private static final int MOST_PIXELS = 1 << 14;
  private static final int MOST_SHOWN = 60;
  private static final Gson GSON = new GsonBuilder().setStrictness(Strictness.STRICT).create();

  /**
   * Reads a file.
   *
   * @throws WeightsException if it is no JSON object
   * @throws IOException if it cannot be read
   */
  static ProcessorFields read(Path file) throws IOException {
    ProcessorFields nothing = new ProcessorFields(file, "", new JsonObject());
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MOST_BYTES + 1);
    }
    if (bytes.length > MOST_BYTES) {
      throw nothing.bad("", "at most " + MOST_BYTES + " bytes", "more");
    }
    try {
      JsonElement json =
          GSON.fromJson(new String(bytes, StandardCharsets.UTF_8), JsonElement.class);
      if (json == null || !json.isJsonObject()) {
        throw nothing.bad("", "a JSON object", shown(String.valueOf(json)));
      }
      return new ProcessorFields(file, "", json.getAsJsonObject());
    } catch (JsonParseException e) {
      throw new WeightsException(nothing.message("", "JSON", "damage: " + e.getMessage()), e);
    }
  }

  boolean has(String name) {
    return object.has(name) && !object.get(name).isJsonNull();
  }

  boolean isObject(String name) {
    return has(name) && object.get(name).isJsonObject();
  }

  ProcessorFields object(String name) {
    if (!isObject(name)) {
      throw bad(name, "an object", found(name));
    }
    return new ProcessorFields(file, place + name + " ", object.getAsJsonObject(name));
  }

  /** A text; empty if there is none. */
  String text(String name) {
    if (!has(name)) {
      return "";
    }
    if (object.get(name) instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw bad(name, "a text", found(name));
  }

  boolean flag(String name, boolean usual) {
    if (!has(name)) {
      return usual;
    }
    if (object.get(name) instanceof JsonPrimitive primitive && primitive.isBoolean()) {
      return primitive.getAsBoolean();
    }
    throw bad(name, "true or false", found(name));
  }

  OptionalDouble number(String name) {
    return has(name)
        ? OptionalDouble.of(number(name, object.get(name), "a number"))
        : OptionalDouble.empty();
  }

  /** A length in pixels. */
  int pixels(String name) {
    return pixels(name, has(name) ? object.get(name) : new JsonObject());
  }

  private int pixels(String name, JsonElement element) {
    String expected = "pixels from 1 to " + MOST_PIXELS;
    double value = number(name, element, expected);
    if (value != Math.rint(value) || value < 1 || value > MOST_PIXELS) {
      throw bad(name, expected, found(name));
    }
    return (int) value;
  }

  /** Numbers, if there are some. */
  Optional<List<Double>> numbers(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (!object.get(name).isJsonArray() || object.getAsJsonArray(name).isEmpty()) {
      throw bad(name, "a list of numbers", found(name));
    }
    List<Double> numbers = new ArrayList<>();
    for (JsonElement element : object.getAsJsonArray(name)) {
      numbers.add(number(name, element, "a list of numbers"));
    }
    return Optional.of(numbers);
  }

  private double number(String name, JsonElement element, String expected) {
    if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
      double value = primitive.getAsDouble();
      if (Double.isFinite(value)) {
        return value;
      }
    }
    throw bad(name, expected, found(name));
  }

  /** What a field holds, as messages show it. */
  String found(String name) {
    return has(name) ? shown(object.get(name).toString()) : "nothing";
  }

  private static String shown(String text) {
    return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "..." : text;
  }

  /** What is wrong with a field, or with the file if the name is empty. */
  WeightsException bad(String name, String expected, String found) {
    return new WeightsException(message(name, expected, found));
  }

  private String message(String name, String expected, String found) {
    return "%s: %sexpected %s, found %s; mend it, or move it away and give --mean, --std and such"
        .formatted(file, name.isEmpty() ? "" : place + name + ": ", expected, found);
  }
}
