package ai.lacuna.run;

import java.io.IOException;
import java.nio.file.Path;

/** A step whose loss, gradient or weights are infinite or not a number. */
public final class NonFiniteException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String kept;
  private final long step;
  private final int epoch;
  private final int batch;

  NonFiniteException(Path run, long step, int epoch, int batch, String what, double value)
      throws IOException {
    this(
        "step " + step + ": the " + what + " is " + value + ", expected a finite number",
        "; lower the learning rate, or resume with --on-nan rollback --force",
        Checkpoint.newest(run).isPresent()
            ? "the last checkpoint in " + run + " is good"
            : "there is no checkpoint in " + run + " yet",
        step,
        epoch,
        batch);
  }

  private NonFiniteException(
      String what, String remedy, String kept, long step, int epoch, int batch) {
    super(what + "; " + kept + remedy);
    this.what = what;
    this.kept = kept;
    this.step = step;
    this.epoch = epoch;
    this.batch = batch;
  }

  /** What was found, without what to do: {@code step 12: the loss is NaN, expected ...}. */
  public String what() {
    return what;
  }

  /** The same after so many rollbacks that another one would not help. */
  NonFiniteException afterRollbacks(int count) {
    return new NonFiniteException(
        what + ", after going back " + count + " times",
        "; begin another run at a lower learning rate",
        kept,
        step,
        epoch,
        batch);
  }

  /**
   * Returns the step.
   *
   * @return its number, from 1
   */
  public long step() {
    return step;
  }

  /**
   * Returns the step's epoch.
   *
   * @return from 0
   */
  public int epoch() {
    return epoch;
  }

  /**
   * Returns the step's batch.
   *
   * @return its index in the epoch, from 0
   */
  public int batch() {
    return batch;
  }
}
