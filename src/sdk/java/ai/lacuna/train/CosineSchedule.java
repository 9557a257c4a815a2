package ai.lacuna.train;

/**
 * Linear warm-up, then half a cosine, evaluated at each iteration (MAE, {@code lr_sched}; arXiv
 * 1608.03983).
 *
 * @param peak the rate after the warm-up, above 0
 * @param minimum the rate at the end, at least 0
 * @param warmupEpochs epochs of warm-up, at least 0
 * @param epochs epochs of the run, more than {@code warmupEpochs}
 */
public record CosineSchedule(double peak, double minimum, double warmupEpochs, double epochs) {
  /** Batch size at which a base rate holds: {@code peak = base · batch / 256}. */
  public static final double REFERENCE_BATCH = 256;

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public CosineSchedule {
    if (!(peak > 0) || !(minimum >= 0) || !(warmupEpochs >= 0) || !(epochs > warmupEpochs)) {
      throw new IllegalArgumentException(
          "schedule: expected peak > 0, minimum >= 0 and 0 <= warmupEpochs < epochs, found peak "
              + peak
              + ", minimum "
              + minimum
              + ", warmupEpochs "
              + warmupEpochs
              + ", epochs "
              + epochs);
    }
  }

  /**
   * The rate at a moment of the run.
   *
   * @param epoch epochs done, with the fraction of the current one
   */
  public double at(double epoch) {
    if (epoch < warmupEpochs) {
      return peak * epoch / warmupEpochs;
    }
    double done = Math.min(1, (epoch - warmupEpochs) / (epochs - warmupEpochs));
    return minimum + (peak - minimum) * 0.5 * (1 + Math.cos(Math.PI * done));
  }
}
