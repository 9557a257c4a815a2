package ai.lacuna.run;

import java.nio.file.Path;

/** A step whose loss, gradient or weights are infinite or not a number. */
public final class NonFiniteException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final int epoch;
  private final int batch;

  NonFiniteException(Path run, long step, int epoch, int batch, String what, double value) {
    this(
        "step "
            + step
            + ": the "
            + what
            + " is "
            + value
            + ", expected a finite number; the last checkpoint in "
            + run
            + " is good; lower the learning rate, or resume with --on-nan rollback --force",
        step,
        epoch,
        batch);
  }

  private NonFiniteException(String message, long step, int epoch, int batch) {
    super(message);
    this.step = step;
    this.epoch = epoch;
    this.batch = batch;
  }

  /** The same after so many rollbacks that another one would not help. */
  NonFiniteException afterRollbacks(int count) {
    String seen = String.valueOf(getMessage()).split(";", 2)[0];
    String message =
        seen
            + ", after going back "
            + count
            + " times; the last checkpoint is good; begin another run at a lower learning rate";
    return new NonFiniteException(message, step, epoch, batch);
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
