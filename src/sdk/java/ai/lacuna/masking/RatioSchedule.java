package ai.lacuna.masking;

import ai.lacuna.random.CounterRandom;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The share of patches that is removed, by epoch: a pure function of (seed, epoch), the same for
 * every sample, as all images of a batch keep the same number of patches.
 *
 * <p>As text, {@code 0.75} is a constant, {@code 0.5:0.75@20} a linear ramp that begins at 0.5 and
 * is at 0.75 after 20 epochs, {@code cosine:0.5:0.75@20} and {@code random:0.5:0.75@20} the same in
 * another shape.
 */
public sealed interface RatioSchedule {
  /**
   * The ratio of an epoch.
   *
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   * @return share removed, in (0, 1)
   */
  double at(long seed, int epoch);

  /** Where it begins. */
  double first();

  /** Where it ends, and the ratio for whoever wants a single one. */
  double last();

  /** The text that {@link #parse} reads. */
  String text();

  /**
   * Always the same.
   *
   * @param ratio share removed, in (0, 1)
   */
  record Constant(double ratio) implements RatioSchedule {
    /**
     * @throws IllegalArgumentException if the ratio is out of range
     */
    public Constant {
      requireRatio(ratio);
    }

    @Override
    public double at(long seed, int epoch) {
      return ratio;
    }

    @Override
    public double first() {
      return ratio;
    }

    @Override
    public double last() {
      return ratio;
    }

    @Override
    public String text() {
      return String.valueOf(ratio);
    }
  }

  /** How a ramp goes from first to last, with t = min(1, epoch / epochs). */
  enum Shape {
    /** first + t · (last − first). */
    LINEAR,
    /** first + (1 − cos πt) / 2 · (last − first): slow at both ends. */
    COSINE,
    /**
     * Random annealing: last + (1 − t) · u · (first − last), with u uniform in [0, 1), drawn for
     * each epoch. Epoch 0 may have any ratio between the two; the range narrows towards last, and
     * after the ramp it is last.
     */
    RANDOM
  }

  /**
   * From one ratio to another, then constant.
   *
   * @param shape the way there
   * @param first share removed in epoch 0, in (0, 1)
   * @param last share removed from epoch {@code epochs} on, in (0, 1)
   * @param epochs how many it takes, at least 1
   */
  record Ramp(Shape shape, double first, double last, int epochs) implements RatioSchedule {
    /**
     * @throws IllegalArgumentException if a ratio is out of range, or there is no epoch
     */
    public Ramp {
      requireRatio(first);
      requireRatio(last);
      if (epochs < 1) {
        throw new IllegalArgumentException(
            "mask ratio: expected a ramp of at least 1 epoch, found " + epochs);
      }
    }

    @Override
    public double at(long seed, int epoch) {
      if (epoch >= epochs) {
        return last;
      }
      double t = (double) epoch / epochs;
      return switch (shape) {
        case LINEAR -> first + t * (last - first);
        case COSINE -> first + (1 - Math.cos(Math.PI * t)) / 2 * (last - first);
        case RANDOM -> last + (1 - t) * uniform(seed, epoch) * (first - last);
      };
    }

    private static double uniform(long seed, int epoch) {
      return CounterRandom.of(seed, epoch, 0, CounterRandom.Purpose.MASK_RATIO).nextDouble();
    }

    @Override
    public String text() {
      String prefix = shape == Shape.LINEAR ? "" : MaskStrategyText.word(shape) + ":";
      return prefix + first + ":" + last + "@" + epochs;
    }
  }

  /**
   * Reads the text of a schedule.
   *
   * @param text a number, or a ramp
   * @throws IllegalArgumentException if it is neither, or a value is out of range
   */
  static RatioSchedule parse(String text) {
    Matcher ramp =
        Pattern.compile("(?:(linear|cosine|random):)?([^:@]+):([^:@]+)@(\\d{1,9})").matcher(text);
    try {
      if (ramp.matches()) {
        String shape = ramp.group(1) == null ? "linear" : ramp.group(1);
        return new Ramp(
            Shape.valueOf(shape.toUpperCase(Locale.ROOT)),
            Double.parseDouble(ramp.group(2)),
            Double.parseDouble(ramp.group(3)),
            Integer.parseInt(ramp.group(4)));
      }
      return new Constant(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "mask ratio: expected a number such as 0.75, or a ramp such as 0.5:0.75@20, with cosine:"
              + " or random: before it for another shape, found "
              + text,
          e);
    }
  }

  private static void requireRatio(double ratio) {
    if (!(ratio > 0 && ratio < 1)) {
      throw new IllegalArgumentException(
          "mask ratio: expected more than 0 and less than 1, found " + ratio);
    }
  }
}
