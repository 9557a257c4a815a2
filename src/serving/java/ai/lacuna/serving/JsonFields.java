package ai.lacuna.serving;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Typed access to a JSON object; what is missing or of another type is told with its place. */
final class JsonFields {
  private static final String EXPORT_AGAIN = "export the bundle again";

  private final String place;
  private final JsonObject object;

  JsonFields(String place, JsonElement element) {
    if (!element.isJsonObject()) {
      throw wrong(place, "an object", element);
    }
    this.place = place;
    this.object = element.getAsJsonObject();
  }

  /** Where a value is, for messages. */
  String place(String key) {
    return place + " " + key;
  }

  boolean has(String key) {
    return object.has(key);
  }

  List<String> keys() {
    return List.copyOf(object.keySet());
  }

  JsonFields object(String key) {
    return new JsonFields(place(key), require(key));
  }

  String text(String key) {
    return text(place(key), require(key));
  }

  int integer(String key) {
    long value = number(place(key), require(key));
    if (value != (int) value) {
      throw wrong(place(key), "an integer of 32 bits", require(key));
    }
    return (int) value;
  }

  long size(String key) {
    long value = number(place(key), require(key));
    if (value < 0) {
      throw wrong(place(key), "0 or more", require(key));
    }
    return value;
  }

  double real(String key) {
    return real(place(key), require(key));
  }

  <T> List<T> list(String key, Function<JsonElement, T> read) {
    JsonElement element = require(key);
    if (!element.isJsonArray()) {
      throw wrong(place(key), "an array", element);
    }
    JsonArray array = element.getAsJsonArray();
    List<T> result = new ArrayList<>(array.size());
    for (JsonElement item : array) {
      result.add(read.apply(item));
    }
    return result;
  }

  static String text(String place, JsonElement element) {
    if (element instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw wrong(place, "a string", element);
  }

  static double real(String place, JsonElement element) {
    if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
      double value = primitive.getAsDouble();
      if (Double.isFinite(value)) {
        return value;
      }
    }
    throw wrong(place, "a finite number", element);
  }

  static long number(String place, JsonElement element) {
    double value = real(place, element);
    if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
      throw wrong(place, "an integer", element);
    }
    return (long) value;
  }

  private JsonElement require(String key) {
    JsonElement element = object.get(key);
    if (element == null) {
      throw new BundleException(place(key), "a value", "nothing", EXPORT_AGAIN);
    }
    return element;
  }

  private static BundleException wrong(String place, String expected, JsonElement found) {
    String text = found.toString();
    String shown = text.length() > 60 ? text.substring(0, 60) + "..." : text;
    return new BundleException(place, expected, shown, EXPORT_AGAIN);
  }
}
