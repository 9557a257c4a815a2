package ai.lacuna.probe;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Minimises a smooth function by limited-memory BFGS (Nocedal and Wright, Numerical Optimization,
 * algorithms 7.4 and 7.5) with a bisecting line search for the weak Wolfe conditions (Lewis and
 * Overton, 2013), which keep every update of the curvature positive.
 */
final class Lbfgs {
  private static final int MEMORY = 12;
  private static final double SUFFICIENT_DECREASE = 1e-4;
  private static final double CURVATURE = 0.9;
  private static final int LINE_SEARCH_STEPS = 30;

  private final Objective objective;
  private final double tolerance;
  private final int maxIterations;
  private final Deque<Pair> history = new ArrayDeque<>();

  /** A function of many variables with its gradient. */
  interface Objective {
    /** Returns the value at {@code x} and writes the gradient. */
    double evaluate(double[] x, double[] gradient);
  }

  /** A step, the change of the gradient along it, and 1 / their product. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Pair(double[] step, double[] change, double rho) {}

  /**
   * The minimum found: where, how high, after how many iterations, and whether within tolerance.
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Minimum(double[] x, double value, int iterations, boolean converged) {}

  /** Stops when no element of the gradient exceeds {@code tolerance}. */
  Lbfgs(Objective objective, double tolerance, int maxIterations) {
    this.objective = objective;
    this.tolerance = tolerance;
    this.maxIterations = maxIterations;
  }

  Minimum minimize(double[] start) {
    double[] x = start.clone();
    double[] gradient = new double[x.length];
    double value = objective.evaluate(x, gradient);
    double[] next = new double[x.length];
    double[] nextGradient = new double[x.length];
    for (int iteration = 0; iteration < maxIterations; iteration++) {
      if (largest(gradient) <= tolerance) {
        return new Minimum(x, value, iteration, true);
      }
      double[] direction = direction(gradient);
      double slope = dot(gradient, direction);
      if (!(slope < 0)) {
        history.clear();
        direction = scaled(gradient, -1);
        slope = dot(gradient, direction);
      }
      double length = history.isEmpty() ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
      double low = 0;
      double high = Double.POSITIVE_INFINITY;
      boolean found = false;
      double nextValue = value;
      for (int i = 0; i < LINE_SEARCH_STEPS && !found; i++) {
        for (int k = 0; k < x.length; k++) {
          next[k] = x[k] + length * direction[k];
        }
        nextValue = objective.evaluate(next, nextGradient);
        if (!(nextValue <= value + SUFFICIENT_DECREASE * length * slope)) {
          high = length;
        } else if (dot(nextGradient, direction) < CURVATURE * slope) {
          low = length;
        } else {
          found = true;
          break;
        }
        length = high < Double.POSITIVE_INFINITY ? (low + high) / 2 : 2 * low;
      }
      if (!found) {
        // Below the resolution of the products' single precision.
        return new Minimum(x, value, iteration, false);
      }
      remember(x, gradient, next, nextGradient);
      System.arraycopy(next, 0, x, 0, x.length);
      System.arraycopy(nextGradient, 0, gradient, 0, x.length);
      value = nextValue;
    }
    return new Minimum(x, value, maxIterations, largest(gradient) <= tolerance);
  }

  private void remember(double[] x, double[] gradient, double[] next, double[] nextGradient) {
    double[] step = new double[x.length];
    double[] change = new double[x.length];
    for (int k = 0; k < x.length; k++) {
      step[k] = next[k] - x[k];
      change[k] = nextGradient[k] - gradient[k];
    }
    double product = dot(step, change);
    if (product > 0) {
      if (history.size() == MEMORY) {
        history.removeFirst();
      }
      history.addLast(new Pair(step, change, 1 / product));
    }
  }

  /** The two-loop recursion: minus the inverse Hessian's estimate times the gradient. */
  private double[] direction(double[] gradient) {
    double[] q = scaled(gradient, -1);
    if (history.isEmpty()) {
      return q;
    }
    Deque<Double> alphas = new ArrayDeque<>();
    history
        .descendingIterator()
        .forEachRemaining(
            pair -> {
              double alpha = pair.rho() * dot(pair.step(), q);
              alphas.push(alpha);
              add(q, pair.change(), -alpha);
            });
    Pair last = history.getLast();
    double scale = 1 / (last.rho() * dot(last.change(), last.change()));
    for (int k = 0; k < q.length; k++) {
      q[k] *= scale;
    }
    for (Pair pair : history) {
      double beta = pair.rho() * dot(pair.change(), q);
      add(q, pair.step(), alphas.pop() - beta);
    }
    return q;
  }

  private static double[] scaled(double[] v, double factor) {
    double[] result = new double[v.length];
    add(result, v, factor);
    return result;
  }

  private static void add(double[] target, double[] v, double factor) {
    for (int k = 0; k < v.length; k++) {
      target[k] += factor * v[k];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  private static double largest(double[] v) {
    double most = 0;
    for (double element : v) {
      most = Math.max(most, Math.abs(element));
    }
    return most;
  }
}
