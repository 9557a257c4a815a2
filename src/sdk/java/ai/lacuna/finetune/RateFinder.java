package ai.lacuna.finetune;

import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.run.RunSettings;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.train.Trainee;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The learning-rate range test (arXiv 1506.01186, section 3.3) with fastai's numbers: the rate
 * grows by a constant factor from 1e-7 to 10 in 100 steps, and the test ends when the smoothed loss
 * is four times its best.
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
   * @param learningRate the rate of the head
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
    /** Copies the points. */
    public Curve {
      points = List.copyOf(points);
    }

    /** A tenth of the rate with the least loss. */
    public double minimumOverTen() {
      Point least = points.get(0);
      for (Point point : points) {
        least = point.loss() < least.loss() ? point : least;
      }
      return least.learningRate() / BELOW_MINIMUM;
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

    /** The geometric mean of both, as a base rate: at a batch of 256. */
    public double suggestedBaseRate() {
      double peak = Math.sqrt(steepest() * minimumOverTen());
      return peak * CosineSchedule.REFERENCE_BATCH / batchSize;
    }
  }

  static Curve find(FineTuneTask task, RunSettings settings) throws IOException {
    List<Point> points = new ArrayList<>();
    double smooth = 0;
    double best = Double.POSITIVE_INFINITY;
    try (Trainee trainee = task.open(task.initialWeights(), settings.devices())) {
      int step = 0;
      for (int epoch = 0; step < STEPS; epoch++) {
        try (Loader loader = task.load(epoch, 0, settings.workers(), settings.maxCorrupt())) {
          for (Batch batch : loader) {
            double rate = FIRST * Math.pow(LAST / FIRST, step / (STEPS - 1.0));
            double loss = trainee.accumulate(task.parts(epoch, batch, trainee.replicas()));
            step++;
            smooth = SMOOTHING * smooth + (1 - SMOOTHING) * loss;
            double unbiased = smooth / (1 - Math.pow(SMOOTHING, step));
            if (!Double.isFinite(loss) || unbiased > DIVERGED * best) {
              return new Curve(points, task.batchSize());
            }
            best = Math.min(best, unbiased);
            points.add(new Point(rate, unbiased));
            trainee.step(rate);
            if (step == STEPS) {
              break;
            }
          }
        }
      }
    }
    return new Curve(points, task.batchSize());
  }
}
