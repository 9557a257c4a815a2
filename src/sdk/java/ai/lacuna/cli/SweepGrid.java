package ai.lacuna.cli;

import ai.lacuna.text.NearMatches;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** The grid of {@code lacuna sweep --vary}. */
final class SweepGrid {
  private static final int MOST = 1000;
  private static final Set<String> FIXED = Set.of("config");

  private SweepGrid() {}

  /** An option of pretraining, and the values to try. */
  record Axis(String option, List<String> values) {}

  /**
   * Reads what was typed.
   *
   * @throws UsageException if an option is unknown, or is named twice, or has no values
   */
  static List<Axis> axes(List<String> typed) {
    if (typed.isEmpty()) {
      throw new UsageException(
          "--vary: expected an option and its values, such as mask-ratio=0.5,0.75, found none");
    }
    List<Axis> axes = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String text : typed) {
      int equals = text.indexOf('=');
      String name = (equals < 0 ? text : text.substring(0, equals)).replaceFirst("^--", "");
      Option option = require(name);
      List<String> values =
          equals < 0 ? List.of() : List.of(text.substring(equals + 1).split(",", -1));
      if (values.isEmpty() || values.contains("") || new HashSet<>(values).size() < values.size()) {
        throw new UsageException(
            "--vary "
                + text
                + ": expected different values separated by commas, such as "
                + name
                + "=A,B");
      }
      if (!option.hasArg() && !Set.of("yes", "no").containsAll(values)) {
        throw new UsageException(
            "--vary " + text + ": expected yes and no, since --" + name + " stands alone");
      }
      if (!seen.add(name)) {
        throw new UsageException(
            "--vary " + name + ": expected once, found twice; join the values");
      }
      axes.add(new Axis(name, values));
    }
    return axes;
  }

  private static Option require(String name) {
    Options known = new Options();
    PretrainOptions.addTo(known);
    Option option = known.getOption(name);
    if (option == null || FIXED.contains(name)) {
      List<String> names =
          known.getOptions().stream()
              .map(Option::getLongOpt)
              .filter(n -> !FIXED.contains(n))
              .toList();
      throw new UsageException(
          "--vary "
              + name
              + ": expected an option of 'lacuna pretrain' that decides what is computed, found "
              + name
              + "; "
              + (NearMatches.of(name, names).isEmpty()
                  ? "they are " + String.join(", ", names)
                  : NearMatches.question(name, names)));
    }
    return option;
  }

  /**
   * All combinations, the last axis changing fastest.
   *
   * @throws UsageException if there are more than a thousand
   */
  static List<Map<String, String>> points(List<Axis> axes) {
    List<Map<String, String>> points = new ArrayList<>();
    points.add(Map.of());
    for (Axis axis : axes) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> point : points) {
        for (String value : axis.values()) {
          Map<String, String> more = new LinkedHashMap<>(point);
          more.put(axis.option(), value);
          longer.add(more);
        }
      }
      points = longer;
      if (points.size() > MOST) {
        throw new UsageException(
            "--vary: expected at most " + MOST + " combinations, found more; vary fewer options");
      }
    }
    return points;
  }

  /** The options of a combination as they are typed. */
  static List<String> words(Map<String, String> point) {
    Options known = new Options();
    PretrainOptions.addTo(known);
    List<String> words = new ArrayList<>();
    point.forEach(
        (name, value) -> {
          if (known.getOption(name).hasArg()) {
            words.add("--" + name);
            words.add(value);
          } else if (value.equals("yes")) {
            words.add("--" + name);
          }
        });
    return words;
  }
}
