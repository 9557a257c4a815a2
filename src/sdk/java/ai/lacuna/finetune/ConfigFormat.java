package ai.lacuna.finetune;

import ai.lacuna.run.JsonDifferences;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * The configuration of a run of some kind as JSON; plan, rates and schedule are their texts.
 *
 * @param kind tells its runs from those of others, {@code kind} in the JSON
 * @param type of the configuration, a record
 * @param what it is called in errors
 * @param <T> the type
 */
public record ConfigFormat<T>(String kind, Class<T> type, String what) {
  private static final String KIND = "kind";

  private static final Gson GSON =
      new GsonBuilder()
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .registerTypeAdapter(
              UnfreezePlan.class, new Text<>(UnfreezePlan::text, UnfreezePlan::parse))
          .registerTypeHierarchyAdapter(RateRule.class, new Text<>(RateRule::text, RateRule::parse))
          .registerTypeHierarchyAdapter(
              RateSchedule.class, new Text<>(RateSchedule::text, RateSchedule::parse))
          .create();

  /**
   * Writes a configuration.
   *
   * @param config the configuration
   * @return a JSON object
   */
  public String write(T config) {
    JsonObject json = new JsonObject();
    json.addProperty(KIND, kind);
    GSON.toJsonTree(config).getAsJsonObject().asMap().forEach(json::add);
    return GSON.toJson(json);
  }

  /**
   * Says whether a text is a configuration of this kind.
   *
   * @param json any text
   * @return whether it is
   */
  public boolean isOne(String json) {
    try {
      JsonElement found = JsonParser.parseString(json).getAsJsonObject().get(KIND);
      return found != null && found.getAsString().equals(kind);
    } catch (RuntimeException e) {
      return false;
    }
  }

  /**
   * Reads a configuration.
   *
   * @param json what {@link #write} wrote
   * @return the configuration
   * @throws IllegalArgumentException if it is another text, or a value is out of range
   */
  public T read(String json) {
    if (!isOne(json)) {
      throw new IllegalArgumentException(
          "%s config: expected a JSON object of kind %s, found another text".formatted(what, kind));
    }
    try {
      T config = GSON.fromJson(complete(json), type);
      if (config != null) {
        return config;
      }
    } catch (RuntimeException e) {
      Throwable root = e;
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        root = cause;
      }
      throw new IllegalArgumentException(what + " config: " + root.getMessage(), e);
    }
    throw new IllegalArgumentException(what + " config: expected a JSON object, found null");
  }

  /** With what configurations of earlier versions did not have, and computed with. */
  private static JsonElement complete(String json) {
    JsonObject config = JsonParser.parseString(json).getAsJsonObject();
    JsonElement augmentation = config.get("augmentation");
    if (augmentation instanceof JsonObject object && !object.has("jpeg")) {
      object.addProperty("jpeg", "full");
    }
    return config;
  }

  /**
   * Compares two configurations.
   *
   * @param there one that is there
   * @param here another
   * @return a line for each difference
   */
  public List<String> differences(T there, T here) {
    return JsonDifferences.of(GSON.toJsonTree(there), GSON.toJsonTree(here));
  }

  /** A value as its text. */
  private static final class Text<T> extends TypeAdapter<T> {
    private final Function<T, String> write;
    private final Function<String, T> read;

    Text(Function<T, String> write, Function<String, T> read) {
      this.write = write;
      this.read = read;
    }

    @Override
    public void write(JsonWriter out, T value) throws IOException {
      out.value(write.apply(value));
    }

    @Override
    public T read(JsonReader in) throws IOException {
      return read.apply(in.nextString());
    }
  }
}
