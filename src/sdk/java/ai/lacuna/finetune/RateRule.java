package ai.lacuna.finetune;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Discriminative learning rates: by how much the rate of a layer differs from that of the head.
 * Layers are counted as MAE does: 0 is class token, positions and patch embedding, i + 1 block i,
 * and L + 1, the top, final norm and head.
 *
 * <pre>
 *   flat                            one rate
 *   decay:0.65                      0.65^(L + 1 − layer)  (arXiv 2106.08254; MAE, appendix A.1)
 *   slice:0.01                      from 0.01 at layer 0 to 1 at the top, evenly by ratio (fastai)
 *   groups:head=1,blocks.5=0.1,=0.01    by the longest prefix of the parameter's name; "" is all
 * </pre>
 */
public sealed interface RateRule {
  /**
   * The factor of a parameter's learning rate.
   *
   * @param name the parameter
   * @param layer its layer, 0 to {@code top}
   * @param top the layer of the head
   * @return at least 0
   */
  double factor(String name, int layer, int top);

  /** The rule as {@link #parse} reads it. */
  String text();

  /** One rate for all. */
  record Flat() implements RateRule {
    @Override
    public double factor(String name, int layer, int top) {
      return 1;
    }

    @Override
    public String text() {
      return "flat";
    }
  }

  /**
   * Layer-wise decay.
   *
   * @param decay of one layer to the one above it, above 0 and at most 1; MAE takes 0.65 for ViT-B,
   *     0.75 for ViT-L and ViT-H
   */
  record LayerDecay(double decay) implements RateRule {
    /**
     * @throws IllegalArgumentException if the decay is out of range
     */
    public LayerDecay {
      requireShare("decay", decay);
    }

    @Override
    public double factor(String name, int layer, int top) {
      return Math.pow(decay, (double) top - layer);
    }

    @Override
    public String text() {
      return "decay:" + decay;
    }
  }

  /**
   * Rates spread evenly by ratio, as fastai's {@code slice(lr * least, lr)}.
   *
   * @param least factor of the lowest layer, above 0 and at most 1
   */
  record Slice(double least) implements RateRule {
    /**
     * @throws IllegalArgumentException if the factor is out of range
     */
    public Slice {
      requireShare("slice", least);
    }

    @Override
    public double factor(String name, int layer, int top) {
      return Math.pow(least, ((double) top - layer) / top);
    }

    @Override
    public String text() {
      return "slice:" + least;
    }
  }

  /**
   * A factor for each group of names.
   *
   * @param factors by prefix of the parameters' names; the longest that fits counts, 1 if none
   *     does; 0 holds a group still
   */
  record Groups(Map<String, Double> factors) implements RateRule {
    /**
     * @throws IllegalArgumentException if a factor is negative or not a number
     */
    public Groups {
      factors = Collections.unmodifiableMap(new LinkedHashMap<>(factors));
      factors.forEach(
          (prefix, factor) -> {
            if (!(factor >= 0) || factor.isInfinite()) {
              throw new IllegalArgumentException(
                  "rates: expected a factor of at least 0 for " + prefix + ", found " + factor);
            }
          });
    }

    @Override
    public double factor(String name, int layer, int top) {
      double found = 1;
      int longest = -1;
      for (Map.Entry<String, Double> group : factors.entrySet()) {
        if (name.startsWith(group.getKey()) && group.getKey().length() > longest) {
          longest = group.getKey().length();
          found = group.getValue();
        }
      }
      return found;
    }

    @Override
    public String text() {
      return factors.entrySet().stream()
          .map(group -> group.getKey() + "=" + group.getValue())
          .collect(Collectors.joining(",", "groups:", ""));
    }
  }

  private static void requireShare(String what, double value) {
    if (!(value > 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "rates: expected a " + what + " above 0 and at most 1, found " + value);
    }
  }

  /**
   * Reads a rule.
   *
   * @param text see the interface
   * @return the rule
   * @throws IllegalArgumentException if it is none
   */
  static RateRule parse(String text) {
    String[] parts = text.strip().split(":", 2);
    String argument = parts.length > 1 ? parts[1] : "";
    if (parts[0].equals("flat") && parts.length > 1) {
      throw unknown(text);
    }
    try {
      return switch (parts[0]) {
        case "flat" -> new Flat();
        case "decay" -> new LayerDecay(Double.parseDouble(argument));
        case "slice" -> new Slice(Double.parseDouble(argument));
        case "groups" -> groups(argument);
        default -> throw unknown(text);
      };
    } catch (NumberFormatException e) {
      throw unknown(text);
    }
  }

  private static Groups groups(String text) {
    Map<String, Double> factors = new LinkedHashMap<>();
    for (String group : Arrays.asList(text.split(",", -1))) {
      int equals = group.indexOf('=');
      if (equals < 0) {
        throw unknown("groups:" + text);
      }
      factors.put(
          group.substring(0, equals).strip(), Double.parseDouble(group.substring(equals + 1)));
    }
    return new Groups(factors);
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "rates: expected flat, decay:0.65, slice:0.01 or groups:PREFIX=FACTOR,..., found " + text);
  }
}
