package ai.lacuna.finetune;

import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.run.RunSettings;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.train.Trainee;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The learning-rate range test (arXiv 1506.01186, section 3.3) with fastai's numbers: the rate
 * grows by a constant factor from 1e-7 to 10 in 100 steps, and the test ends when the smoothed loss
 * is four times its best. Those layers are trained that the widest phase of the plan trains.
 */
public final class RateFinder {
  private static final int STEPS = 100;
  private static final double FIRST = 1e-7;
  private static final double LAST = 10;
  private static final double SMOOTHING = 0.98;
  private static final double DIVERGED = 4;
  private static final double BELOW_MINIMUM = 10;

  private RateFinder() {}

  /**
   * The loss at a rate.
   *
   * @param learningRate the rate of the head, before the factor of the plan's phase
   * @param loss smoothed over the steps before
   */
  public record Point(double learningRate, double loss) {}

  /**
   * The loss over the rate.
   *
   * @param points from small to great rates, at least two
   * @param batchSize images of a step
   */
  public record Curve(List<Point> points, int batchSize) {
    /**
     * Copies the points.
     *
     * @throws IllegalArgumentException if there are less than two
     */
    public Curve {
      points = List.copyOf(points);
      if (points.size() < 2) {
        throw new IllegalArgumentException(
            "curve: expected the loss at 2 rates or more, found " + points.size());
      }
    }

    /** Whether the loss rose again, so that its minimum says something. */
    public boolean rises() {
      return least() < points.size() - 1;
    }

    private int least() {
      int least = 0;
      for (int i = 1; i < points.size(); i++) {
        least = points.get(i).loss() < points.get(least).loss() ? i : least;
      }
      return least;
    }

    /** A tenth of the rate with the least loss. */
    public double minimumOverTen() {
      return points.get(least()).learningRate() / BELOW_MINIMUM;
    }

    /** The rate where the loss falls fastest over the rate's logarithm. */
    public double steepest() {
      int at = 1;
      double most = Double.POSITIVE_INFINITY;
      for (int i = 1; i < points.size() - 1; i++) {
        double slope = points.get(i + 1).loss() - points.get(i - 1).loss();
        if (slope < most) {
          most = slope;
          at = i;
        }
      }
      return points.get(at).learningRate();
    }

    /**
     * The geometric mean of both, as the rate of a step. Where the loss falls to the end its
     * minimum is merely the last rate, and the steepest alone counts.
     */
    public double suggestedRate() {
      return rises() ? Math.sqrt(steepest() * minimumOverTen()) : steepest();
    }

    /** The same as a base rate: at a batch of 256. */
    public double suggestedBaseRate() {
      return suggestedRate() * CosineSchedule.REFERENCE_BATCH / batchSize;
    }
  }

  /**
   * Tries the rates on the layers of the plan's widest phase, since one rate has to suit all of
   * them, and what suits a head alone may destroy an encoder.
   */
  static Curve find(PlannedTask task, UnfreezePlan plan, RunSettings settings) throws IOException {
    int phase = plan.widestPhase();
    List<Point> points = new ArrayList<>();
    double smooth = 0;
    double best = Double.POSITIVE_INFINITY;
    try (Trainee trainee = task.open(task.initialWeights(), settings.devices())) {
      int parts = task.numerics().accumulation() * trainee.replicas();
      task.prepare(trainee, plan.firstEpochOf(phase));
      int step = 0;
      for (int pass = 0; step < STEPS; pass++) {
        int epoch = epoch(plan, phase, pass);
        try (Loader loader = task.load(epoch, 0, settings.workers(), settings.maxCorrupt())) {
          for (Batch batch : loader) {
            double rate = FIRST * Math.pow(LAST / FIRST, step / (STEPS - 1.0));
            double loss = trainee.accumulate(task.parts(epoch, batch, parts));
            step++;
            smooth = SMOOTHING * smooth + (1 - SMOOTHING) * loss;
            double unbiased = smooth / (1 - Math.pow(SMOOTHING, step));
            if (!Double.isFinite(loss) || unbiased > DIVERGED * best) {
              return curve(task, points);
            }
            best = Math.min(best, unbiased);
            points.add(new Point(rate, unbiased));
            trainee.step(rate * plan.phases().get(phase).rateFactor());
            if (step == STEPS) {
              break;
            }
          }
        }
      }
    }
    return curve(task, points);
  }

  private static Curve curve(PlannedTask task, List<Point> points) {
    if (points.size() < 2) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "learning-rate finder: expected a loss that stays finite at rates near %.0e, found another; look at the data's values and the precision",
              FIRST));
    }
    return new Curve(points, task.batchSize());
  }

  /** Other images and draws in each pass, of the phase's own kind; later epochs are as the last. */
  private static int epoch(UnfreezePlan plan, int phase, int pass) {
    boolean last = phase == plan.phases().size() - 1;
    int epochs = plan.phases().get(phase).epochs();
    return plan.firstEpochOf(phase) + (last ? pass : pass % epochs);
  }
}
