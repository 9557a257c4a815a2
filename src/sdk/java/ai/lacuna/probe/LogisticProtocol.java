package ai.lacuna.probe;

import ai.lacuna.probe.LogisticRegression.Fit;
import ai.lacuna.probe.ProtocolResult.Trial;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Logistic regression with an L2 penalty by L-BFGS, on the features that were asked for; the
 * strength of the penalty is chosen from a sweep.
 *
 * @param strengths values of C, the inverse strength of the penalty, above 0 and finite; they are
 *     tried from small to great, and one alone is used without a choice
 */
public record LogisticProtocol(List<Double> strengths) implements Protocol {
  /** Half decades: the optimum is flat. */
  private static final List<Double> STANDARD =
      List.of(3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0);

  /**
   * The sweep, from strong to weak, ends after so many trials in a row below the best. As good a
   * trial is none of them: of few images held out several strengths get the same ones right, and
   * the best may come after.
   */
  private static final int PATIENCE = 2;

  /**
   * Copies the list, in rising order.
   *
   * @throws IllegalArgumentException if it is empty, or a value is not above 0 and finite
   */
  public LogisticProtocol {
    if (strengths.isEmpty() || strengths.stream().anyMatch(v -> !(v > 0) || v.isInfinite())) {
      throw new IllegalArgumentException("c: expected numbers above 0, found " + strengths);
    }
    strengths = strengths.stream().sorted().toList();
  }

  /**
   * Tries half decades from 0.0003 to 30.
   *
   * @return the protocol
   */
  public static LogisticProtocol standard() {
    return new LogisticProtocol(STANDARD);
  }

  @Override
  public String label() {
    return "logistic";
  }

  @Override
  public ProtocolResult run(ProbeTask task) {
    long started = System.nanoTime();
    Chosen chosen = choose(task, task.known(task.choice()));
    Evaluation test = Evaluation.of(chosen.head(), task.unseen(task.choice()));
    String setting = "C = %s, %s".formatted(plain(chosen.c()), task.choice().text());
    List<Trial> trials =
        chosen.sweep().stream().map(t -> new Trial("C = " + plain(t.c()), t.accuracy())).toList();
    return ProtocolResult.of(
        this, setting, trials.size() < 2 ? List.of() : trials, chosen.head(), test, started);
  }

  /** A number without an exponent. */
  static String plain(double value) {
    return new BigDecimal(String.valueOf(value)).stripTrailingZeros().toPlainString();
  }

  /** The head that the sweep led to. */
  record Chosen(LinearHead head, double c, List<ProbeResult.Trial> sweep, boolean converged) {}

  /** Chooses the strength, and fits on all rows. */
  Chosen choose(ProbeTask task, FeatureTable known) {
    try (LogisticRegression regression =
        LogisticRegression.of(known, task.classes(), task.device())) {
      List<ProbeResult.Trial> sweep = sweep(regression, task);
      double c = best(sweep);
      task.progress().update("fit", 0, 1);
      Fit fit = regression.fit(c);
      task.progress().update("fit", 1, 1);
      LinearHead head = task.head(fit.weights(), fit.bias(), task.choice());
      return new Chosen(head, c, sweep, fit.converged());
    }
  }

  private List<ProbeResult.Trial> sweep(LogisticRegression regression, ProbeTask task) {
    if (strengths.size() == 1) {
      return List.of(new ProbeResult.Trial(strengths.get(0), Double.NaN));
    }
    boolean[] heldOut = task.heldOut();
    int[] judgedRows = ProbeTask.rowsOf(heldOut);
    boolean[] kept = mask(task.rows(heldOut, false), task);
    boolean[] judged = mask(judgedRows, task);
    List<ProbeResult.Trial> trials = new ArrayList<>();
    int sinceBest = 0;
    double best = -1;
    for (double c : strengths) {
      task.progress().update("choose C", trials.size(), strengths.size());
      double accuracy = (double) regression.right(c, kept, judged) / judgedRows.length;
      trials.add(new ProbeResult.Trial(c, accuracy));
      sinceBest = accuracy >= best ? 0 : sinceBest + 1;
      best = Math.max(best, accuracy);
      if (sinceBest == PATIENCE) {
        break;
      }
    }
    task.progress().update("choose C", strengths.size(), strengths.size());
    return trials;
  }

  private static boolean[] mask(int[] rows, ProbeTask task) {
    boolean[] mask = new boolean[task.images() * task.viewsPerImage()];
    Arrays.stream(rows).forEach(row -> mask[row] = true);
    return mask;
  }

  /** The strongest penalty among those with the best accuracy. */
  private static double best(List<ProbeResult.Trial> sweep) {
    ProbeResult.Trial best = sweep.get(0);
    for (ProbeResult.Trial trial : sweep) {
      best = trial.accuracy() > best.accuracy() ? trial : best;
    }
    return best.c();
  }
}
