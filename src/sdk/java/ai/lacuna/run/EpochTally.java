package ai.lacuna.run;

/**
 * What the steps of an epoch add up to so far, in however many processes. A checkpoint within an
 * epoch keeps it, so that the figures of the epoch cover all of its steps.
 *
 * @param steps steps that were done, without those that a rollback left out
 * @param losses sum of their losses
 * @param norms sum of the gradients' norms that were recorded and finite
 * @param normed how many norms that were
 * @param overflowed steps of float16 that were skipped
 * @param damaged damaged images that others stood in for
 */
record EpochTally(int steps, double losses, double norms, int normed, int overflowed, int damaged) {
  /** Before the first step of an epoch. */
  static final EpochTally NONE = new EpochTally(0, 0, 0, 0, 0, 0);
}
