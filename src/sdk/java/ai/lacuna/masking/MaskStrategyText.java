package ai.lacuna.masking;

import ai.lacuna.text.NearMatches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads {@link MaskStrategy} from text: {@code NAME} or {@code NAME:key=value,key=value}. */
final class MaskStrategyText {
  /** The names, in the order of the help; {@code custom} is for callers with their own sampler. */
  static final List<String> NAMES =
      List.of(
          "random",
          "block",
          "window",
          "inverse-block",
          "grid",
          "stratified",
          "saliency",
          "low-frequency");

  private final String name;
  private final Map<String, String> values = new LinkedHashMap<>();
  private final List<String> known = new ArrayList<>();

  private MaskStrategyText(String text) {
    int colon = text.indexOf(':');
    name = (colon < 0 ? text : text.substring(0, colon)).strip();
    String rest = colon < 0 ? "" : text.substring(colon + 1);
    for (String pair : rest.isBlank() ? new String[0] : rest.split(",", -1)) {
      String[] parts = pair.split("=", 2);
      if (parts.length < 2 || values.put(parts[0].strip(), parts[1].strip()) != null) {
        throw new IllegalArgumentException(
            "mask " + name + ": expected key=value once for each key, found " + pair);
      }
    }
  }

  static MaskStrategy parse(String text) {
    MaskStrategyText read = new MaskStrategyText(text);
    MaskStrategy strategy = read.strategy();
    for (String key : read.values.keySet()) {
      if (!read.known.contains(key)) {
        String keys =
            read.known.isEmpty() ? "no values" : "one of " + String.join(", ", read.known);
        throw new IllegalArgumentException(
            "mask " + read.name + ": expected " + keys + ", found " + key);
      }
    }
    return strategy;
  }

  private MaskStrategy strategy() {
    return switch (name) {
      case "random" -> new MaskStrategy.Random();
      case "block" -> new MaskStrategy.Block(number("least", BlockMask.LEAST));
      case "window" -> new MaskStrategy.Window();
      case "inverse-block" -> new MaskStrategy.InverseBlock();
      case "grid" -> new MaskStrategy.Grid();
      case "stratified" ->
          new MaskStrategy.Stratified(number("blocks", 0.5), number("least", BlockMask.LEAST));
      case "saliency" ->
          new MaskStrategy.Salient(choice("by", MaskStrategy.Saliency.CONTRAST), prefer());
      case "low-frequency" -> new MaskStrategy.LowFrequency(prefer());
      case "custom" -> new MaskStrategy.Custom(value("name", ""));
      default ->
          throw new IllegalArgumentException(
              "mask: expected one of "
                  + String.join(", ", NAMES)
                  + ", found "
                  + name
                  + suggestion());
    };
  }

  private String suggestion() {
    String question = NearMatches.question(name, NAMES);
    return question.isEmpty() ? "" : "; " + question;
  }

  private WeightedMask.Prefer prefer() {
    return choice("prefer", WeightedMask.Prefer.REMOVE);
  }

  private String value(String key, String otherwise) {
    known.add(key);
    return values.getOrDefault(key, otherwise);
  }

  private double number(String key, double otherwise) {
    String value = value(key, String.valueOf(otherwise));
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "mask " + name + ": expected a number for " + key + ", found " + value, e);
    }
  }

  private <E extends Enum<E>> E choice(String key, E otherwise) {
    String value = value(key, word(otherwise));
    E[] choices = otherwise.getDeclaringClass().getEnumConstants();
    for (E choice : choices) {
      if (word(choice).equals(value)) {
        return choice;
      }
    }
    List<String> words = Arrays.stream(choices).map(MaskStrategyText::word).toList();
    throw new IllegalArgumentException(
        "mask " + name + ": expected " + key + " to be one of " + words + ", found " + value);
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
