package ai.lacuna.finetune;

import ai.lacuna.run.TrainingTask.Rate;
import ai.lacuna.train.CosineSchedule;

/**
 * The learning rate over a run, evaluated at each iteration.
 *
 * <pre>
 *   cosine:5       five epochs of linear warm-up, then half a cosine to 0 over the whole run (MAE)
 *   one-cycle      in each phase of the plan: up and down, with momentum the other way (fastai's
 *                  fit_one_cycle; arXiv 1803.09820)
 *   constant       no change
 * </pre>
 */
public sealed interface RateSchedule {
  /**
   * The rate of a step.
   *
   * @param peak the greatest rate
   * @param run the moment in the whole run, in epochs
   * @param runEpochs epochs of the run
   * @param phase the moment in the plan's phase, in epochs
   * @param phaseEpochs epochs of the phase
   * @return the rate, and the momentum where the schedule moves it
   */
  Rate at(double peak, double run, double runEpochs, double phase, double phaseEpochs);

  /** The schedule as {@link #parse} reads it. */
  String text();

  /**
   * Warm-up, then half a cosine over the whole run.
   *
   * @param warmupEpochs epochs of warm-up, at least 0
   */
  record Cosine(double warmupEpochs) implements RateSchedule {
    /**
     * @throws IllegalArgumentException if the warm-up is negative
     */
    public Cosine {
      if (!(warmupEpochs >= 0)) {
        throw new IllegalArgumentException(
            "schedule: expected a warm-up of at least 0 epochs, found " + warmupEpochs);
      }
    }

    @Override
    public Rate at(double peak, double run, double runEpochs, double phase, double phaseEpochs) {
      return Rate.of(new CosineSchedule(peak, 0, warmupEpochs, runEpochs).at(run));
    }

    @Override
    public String text() {
      return "cosine:" + warmupEpochs;
    }
  }

  /** A cycle in each phase, with fastai's numbers. */
  record OneCycle() implements RateSchedule {
    private static final double RISING = 0.25;
    private static final double FIRST = 1 / 25.0;
    private static final double LAST = 1e-5;
    private static final double MOST_MOMENTUM = 0.95;
    private static final double LEAST_MOMENTUM = 0.85;

    @Override
    public Rate at(double peak, double run, double runEpochs, double phase, double phaseEpochs) {
      double done = Math.min(1, phase / phaseEpochs);
      return done < RISING
          ? new Rate(
              between(peak * FIRST, peak, done / RISING),
              between(MOST_MOMENTUM, LEAST_MOMENTUM, done / RISING))
          : new Rate(
              between(peak, peak * LAST, (done - RISING) / (1 - RISING)),
              between(LEAST_MOMENTUM, MOST_MOMENTUM, (done - RISING) / (1 - RISING)));
    }

    /** Half a cosine from one value to the other. */
    private static double between(double from, double to, double done) {
      return from + (1 + Math.cos(Math.PI * (1 - done))) * (to - from) / 2;
    }

    @Override
    public String text() {
      return "one-cycle";
    }
  }

  /** The peak all along. */
  record Constant() implements RateSchedule {
    @Override
    public Rate at(double peak, double run, double runEpochs, double phase, double phaseEpochs) {
      return Rate.of(peak);
    }

    @Override
    public String text() {
      return "constant";
    }
  }

  /**
   * Reads a schedule.
   *
   * @param text see the interface; {@code cosine} alone has no warm-up
   * @return the schedule
   * @throws IllegalArgumentException if it is none
   */
  static RateSchedule parse(String text) {
    String[] parts = text.strip().split(":", 2);
    if (!parts[0].equals("cosine") && parts.length > 1) {
      throw unknown(text);
    }
    try {
      return switch (parts[0]) {
        case "cosine" -> new Cosine(parts.length > 1 ? Double.parseDouble(parts[1]) : 0);
        case "one-cycle" -> new OneCycle();
        case "constant" -> new Constant();
        default -> throw unknown(text);
      };
    } catch (NumberFormatException e) {
      throw unknown(text);
    }
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "schedule: expected cosine:WARMUP, one-cycle or constant, found " + text);
  }
}
