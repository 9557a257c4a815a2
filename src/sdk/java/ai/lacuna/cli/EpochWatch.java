package ai.lacuna.cli;

import ai.lacuna.run.Progress;
import ai.lacuna.run.Rollback;
import ai.lacuna.text.Counted;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A bar over all steps, and a line for each epoch where that is asked for. */
final class EpochWatch implements Progress, AutoCloseable {
  /** What a run says that was interrupted. */
  private static final String INTERRUPTED =
      "  stopped with a checkpoint; the same command goes on from here";

  private final Terminal terminal;
  private final String what;
  private final long limit;
  private final boolean epochs;

  /** None before the start, then one. */
  private final List<ProgressBar> bars = new ArrayList<>();

  /** Watches a run with a line for each epoch, see the other constructor. */
  EpochWatch(Terminal terminal, String what, long limit) {
    this(terminal, what, limit, true);
  }

  /**
   * Watches a run.
   *
   * @param what it does, before the bar
   * @param limit the step that ends the run early; 0 for none
   * @param epochs whether each has a line
   */
  EpochWatch(Terminal terminal, String what, long limit, boolean epochs) {
    this.terminal = terminal;
    this.what = what;
    this.limit = limit;
    this.epochs = epochs;
  }

  /** A run that goes back to a checkpoint starts again, and goes on with its bar. */
  @Override
  public void onStart(Start start) {
    if (bars.isEmpty()) {
      long steps = limit > 0 ? Math.min(limit, start.steps()) : start.steps();
      ProgressBar bar = terminal.progress(what, steps);
      bars.add(bar);
      before(bar, start.step(), steps);
    }
  }

  /**
   * Says what an earlier process did.
   *
   * @param step steps that were done
   * @param steps those that the run will have
   */
  private static void before(ProgressBar bar, long step, long steps) {
    if (step > 0) {
      bar.line(
          step < steps
              ? String.format(Locale.ROOT, "  goes on after step %,d of %,d", step, steps)
              : "  done before: " + Counted.of(step, "step"));
      bar.update(step);
    }
  }

  @Override
  public void onRollback(Rollback rollback) {
    bars.forEach(bar -> bar.line(words(rollback)));
  }

  /** What a run says that goes back to a checkpoint. */
  private static String words(Rollback rollback) {
    return String.format(
        Locale.ROOT,
        "%s; going on from step %d with half the learning rate and without this batch",
        rollback.what(),
        rollback.step());
  }

  @Override
  public void onStep(Step step) {
    String note =
        String.format(
            Locale.ROOT,
            "epoch %d, loss %.4f, %.0f images/s",
            step.epoch() + 1,
            step.loss(),
            step.imagesPerSecond());
    bars.forEach(bar -> bar.update(step.step(), note));
  }

  @Override
  public void onEpoch(Epoch epoch) {
    bars.forEach(bar -> bar.update(epoch.step()));
  }

  @Override
  public void onInspected(Epoch epoch, Map<String, Double> figures) {
    if (!epochs) {
      return;
    }
    String line =
        String.format(
            Locale.ROOT,
            "  epoch %d: loss %.4f, %.0f ms a step%s",
            epoch.epoch() + 1,
            epoch.loss(),
            1000 * epoch.gauges().secondsPerStep().sum(),
            figures.isEmpty() ? "" : ", held-out " + Figures.words(figures));
    bars.forEach(bar -> bar.line(line));
  }

  @Override
  public void onEnd(Ending ending) {
    if (ending == Ending.INTERRUPTED) {
      bars.forEach(bar -> bar.line(INTERRUPTED));
    }
  }

  @Override
  public void close() {
    bars.forEach(ProgressBar::close);
  }
}
