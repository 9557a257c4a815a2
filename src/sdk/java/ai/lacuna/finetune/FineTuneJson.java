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

/** A {@link FineTuneConfig} as JSON; plan, rates and schedule are their texts. */
final class FineTuneJson {
  /** Tells a fine-tuning run from one of pretraining. */
  private static final String KIND = "kind";

  private static final String FINE_TUNE = "finetune";
  private static final String SCALE = "scale";

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

  private FineTuneJson() {}

  static String write(FineTuneConfig config) {
    JsonObject json = new JsonObject();
    json.addProperty(KIND, FINE_TUNE);
    GSON.toJsonTree(config).getAsJsonObject().asMap().forEach(json::add);
    return GSON.toJson(json);
  }

  /** Whether a text is the configuration of fine-tuning. */
  static boolean isOne(String json) {
    try {
      JsonElement kind = JsonParser.parseString(json).getAsJsonObject().get(KIND);
      return kind != null && kind.getAsString().equals(FINE_TUNE);
    } catch (RuntimeException e) {
      return false;
    }
  }

  static FineTuneConfig read(String json) {
    if (!isOne(json)) {
      throw new IllegalArgumentException(
          "fine-tuning config: expected a JSON object of kind finetune, found another text");
    }
    try {
      JsonObject object = JsonParser.parseString(json).getAsJsonObject();
      if (!object.has(SCALE)) { // The first version learned values as they were.
        object.add(SCALE, GSON.toJsonTree(ValueScale.none()));
      }
      FineTuneConfig config = GSON.fromJson(object, FineTuneConfig.class);
      if (config != null) {
        return config;
      }
    } catch (RuntimeException e) {
      Throwable root = e;
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        root = cause;
      }
      throw new IllegalArgumentException("fine-tuning config: " + root.getMessage(), e);
    }
    throw new IllegalArgumentException("fine-tuning config: expected a JSON object, found null");
  }

  static List<String> differences(FineTuneConfig there, FineTuneConfig here) {
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
