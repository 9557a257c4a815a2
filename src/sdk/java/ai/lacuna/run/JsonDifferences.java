package ai.lacuna.run;

import com.google.gson.JsonElement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Compares two configurations for a reader. */
public final class JsonDifferences {
  private JsonDifferences() {}

  /**
   * Says what differs, a line for each field by its path: {@code masking.ratio: there 0.75, here
   * 0.5}.
   *
   * @param there the configuration that was
   * @param here the configuration that is wanted
   * @return in the order of the paths; none if they are equal
   */
  public static List<String> of(JsonElement there, JsonElement here) {
    Map<String, String> a = new TreeMap<>();
    Map<String, String> b = new TreeMap<>();
    flatten("", there, a);
    flatten("", here, b);
    Set<String> paths = new TreeSet<>(a.keySet());
    paths.addAll(b.keySet());
    return paths.stream()
        .filter(path -> !Objects.equals(a.get(path), b.get(path)))
        .map(
            path ->
                path
                    + ": there "
                    + a.getOrDefault(path, "nothing")
                    + ", here "
                    + b.getOrDefault(path, "nothing"))
        .toList();
  }

  private static void flatten(String path, JsonElement value, Map<String, String> into) {
    if (value.isJsonObject()) {
      value
          .getAsJsonObject()
          .asMap()
          .forEach(
              (name, child) -> flatten(path.isEmpty() ? name : path + "." + name, child, into));
    } else {
      into.put(path, value.toString());
    }
  }
}
