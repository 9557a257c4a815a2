package ai.lacuna.pretrain;

import ai.lacuna.loss.LossSum;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.RatioSchedule;
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

/**
 * A {@link PretrainConfig} as JSON.
 *
 * <p>Configurations outlive the version that wrote them: in zoo entries, and in runs that are
 * resumed. A field that a text does not have yet takes the value that its version computed with.
 */
final class ConfigJson {
  private static final Gson GSON =
      new GsonBuilder()
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .registerTypeAdapter(LossSum.class, new LossText())
          .registerTypeHierarchyAdapter(MaskStrategy.class, MaskJson.STRATEGY)
          .registerTypeHierarchyAdapter(RatioSchedule.class, MaskJson.RATIO)
          .create();

  /** What absent fields mean, by place; each new field of a configuration adds its line here. */
  private static final String ABSENT =
      """
      {
        "decoder": {"kind": "FULL", "maskToken": "LEARNED", "positions": "SEPARATE",
                    "context": "LAST"},
        "masking": {"strategy": "random"},
        "objective": {"loss": "mse"},
        "augmentation": {"fit": "crop", "jpeg": "full"},
        "numerics": {"precision": "FLOAT32", "accumulation": 1, "clipNorm": 0.0,
                     "checkpointActivations": false, "onNonFinite": "FAIL"}
      }
      """;

  /** Fields of the first version that lay at the top, and where they are now. */
  private static final String[][] MOVED = {
    {"maskRatio", "masking", "ratio"},
    {"normPixLoss", "objective", "normPixLoss"},
    {"minCropScale", "augmentation", "minCropScale"},
    {"flip", "augmentation", "flip"}
  };

  private static final String NETWORK = "perceptualSha256";

  /** What configurations of other runs begin with, and this one never had. */
  private static final String KIND = "kind";

  private ConfigJson() {}

  static String write(PretrainConfig config) {
    return GSON.toJson(config);
  }

  /** With the digest of the perceptual network beside the configuration; empty if there is none. */
  static String withNetwork(PretrainConfig config, String sha256) {
    if (sha256.isEmpty()) {
      return write(config);
    }
    JsonObject json = GSON.toJsonTree(config).getAsJsonObject();
    json.addProperty(NETWORK, sha256);
    return GSON.toJson(json);
  }

  /** The digest that a run remembers; empty if none. */
  static String network(String json) {
    JsonObject config = JsonParser.parseString(json).getAsJsonObject();
    return config.has(NETWORK) ? config.get(NETWORK).getAsString() : "";
  }

  static PretrainConfig read(String json) {
    try {
      JsonElement tree = JsonParser.parseString(json);
      if (!tree.isJsonObject()) {
        throw new IllegalArgumentException(
            "pretraining config: expected a JSON object, found none");
      }
      JsonObject config = tree.getAsJsonObject();
      if (config.has(KIND)) {
        throw new IllegalArgumentException(
            "pretraining config: expected none of a kind, found " + config.get(KIND).getAsString());
      }
      fill(config, JsonParser.parseString(ABSENT).getAsJsonObject());
      for (String[] move : MOVED) {
        if (config.has(move[0])) {
          config.getAsJsonObject(move[1]).add(move[2], config.remove(move[0]));
        }
      }
      return GSON.fromJson(config, PretrainConfig.class);
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      // Gson wraps what a record's constructor throws, in another exception in each version.
      throw new IllegalArgumentException("pretraining config: " + root(e).getMessage(), e);
    }
  }

  private static Throwable root(Throwable e) {
    Throwable root = e;
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return root;
  }

  /** What differs, see {@link JsonDifferences}. */
  static List<String> differences(PretrainConfig there, PretrainConfig here) {
    return JsonDifferences.of(GSON.toJsonTree(there), GSON.toJsonTree(here));
  }

  private static void fill(JsonObject object, JsonObject absent) {
    absent
        .asMap()
        .forEach(
            (name, value) -> {
              if (!object.has(name)) {
                object.add(name, value.deepCopy());
              } else if (value.isJsonObject() && object.get(name).isJsonObject()) {
                fill(object.getAsJsonObject(name), value.getAsJsonObject());
              }
            });
  }

  /** A sum of losses as its text. */
  private static final class LossText extends TypeAdapter<LossSum> {
    @Override
    public void write(JsonWriter out, LossSum loss) throws IOException {
      out.value(loss.text());
    }

    @Override
    public LossSum read(JsonReader in) throws IOException {
      return LossSum.parse(in.nextString());
    }
  }
}
