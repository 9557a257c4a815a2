package ai.lacuna.zoo;

import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.zoo.ZooListing.ZooFile;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** What fields mean that JSON of earlier versions does not have. */
final class AbsentFields {
  private static final Map<Class<?>, Map<String, Supplier<JsonElement>>> VALUES =
      Map.of(
          Preprocessing.class,
          Map.of("fit", () -> new JsonPrimitive("crop")),
          VitConfig.class,
          Map.of("layer_norm_epsilon", () -> new JsonPrimitive(VitConfig.LAYER_NORM_EPSILON)),
          ZooListing.class,
          Map.of(
              "consent", () -> new JsonPrimitive(false),
              "target", () -> new JsonPrimitive("none"),
              "results", JsonArray::new,
              "studies", JsonArray::new,
              "exports", JsonArray::new),
          ZooStudy.class,
          Map.of("seeds", JsonArray::new),
          ZooFile.class,
          Map.of(
              "format", () -> new JsonPrimitive("plain"),
              "source", () -> new JsonPrimitive(""),
              "md5_prefix", () -> new JsonPrimitive("")));

  /** Those that are not written either where they have this meaning. */
  private static final Map<Class<?>, Set<String>> TERSE =
      Map.of(
          VitConfig.class,
          Set.of("layer_norm_epsilon"),
          ZooFile.class,
          Set.of("format", "source", "md5_prefix"),
          ZooStudy.class,
          Set.of("seeds"),
          ZooListing.class,
          Set.of("target"));

  private AbsentFields() {}

  /** Adds them to an object of a record. */
  static void fill(Class<?> type, JsonObject object) {
    VALUES
        .getOrDefault(type, Map.of())
        .forEach(
            (name, value) -> {
              if (!object.has(name)) {
                object.add(name, value.get());
              }
            });
  }

  /** Takes them out of an object that is to be written, if it says no more than their absence. */
  static void leaveOut(Class<?> type, JsonObject object) {
    Set<String> terse = TERSE.getOrDefault(type, Set.of());
    VALUES
        .getOrDefault(type, Map.of())
        .forEach(
            (name, value) -> {
              if (terse.contains(name)) {
                object.asMap().remove(name, value.get());
              }
            });
  }
}
