package ai.lacuna.train;

import java.util.EnumMap;
import java.util.Map;

/**
 * Where the time of training steps goes: each lap counts the time since the last one for a phase.
 *
 * <p>A CUDA device works behind the caller's back: there {@link Phase#FORWARD} is the time to
 * launch the work and {@link Phase#BACKWARD} has the wait for its end; {@link Phase#STEP} has the
 * norm of the gradients and the launch of the update, and what the device has then still to do is
 * waited for in {@link Phase#TRANSFER} of the next step. Where activations are computed again, the
 * forward pass counts as {@link Phase#BACKWARD}, as does all that several replicas do. For one
 * thread at a time.
 */
public final class StepClock {
  private static final double NANOS = 1e9;

  private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
  private long mark = System.nanoTime();

  /** What a step hands on from one to the next. */
  public enum Phase {
    /** Waiting for the loader. */
    LOAD,
    /** Masks, and images and masks to the device. */
    TRANSFER,
    /** The forward pass. */
    FORWARD,
    /** The backward pass and reading the loss. */
    BACKWARD,
    /** The optimizer. */
    STEP
  }

  /**
   * Time of each phase.
   *
   * @param load seconds of waiting for the loader
   * @param transfer seconds of masks and transfers
   * @param forward seconds of the forward pass
   * @param backward seconds of the backward pass
   * @param step seconds of the optimizer
   */
  public record HandOffs(
      double load, double transfer, double forward, double backward, double step) {

    /**
     * Adds the time of other steps.
     *
     * @param other what is added
     * @return the sum of both, phase by phase
     */
    public HandOffs plus(HandOffs other) {
      return new HandOffs(
          load + other.load,
          transfer + other.transfer,
          forward + other.forward,
          backward + other.backward,
          step + other.step);
    }

    /**
     * Returns a share of each time.
     *
     * @param steps by how many to divide
     * @return the time of one of them
     */
    public HandOffs over(long steps) {
      return new HandOffs(
          load / steps, transfer / steps, forward / steps, backward / steps, step / steps);
    }

    /**
     * Returns the sum.
     *
     * @return seconds
     */
    public double sum() {
      return load + transfer + forward + backward + step;
    }
  }

  /** Lets what passed since the last lap count for nothing. */
  public void skip() {
    mark = System.nanoTime();
  }

  /**
   * Counts the time since the last lap.
   *
   * @param phase what it was spent on
   */
  public void lap(Phase phase) {
    long now = System.nanoTime();
    nanos.merge(phase, now - mark, Long::sum);
    mark = now;
  }

  /**
   * Returns the time since the last call, and begins anew.
   *
   * @return seconds of all steps together
   */
  public HandOffs take() {
    HandOffs taken =
        new HandOffs(
            seconds(Phase.LOAD),
            seconds(Phase.TRANSFER),
            seconds(Phase.FORWARD),
            seconds(Phase.BACKWARD),
            seconds(Phase.STEP));
    nanos.clear();
    return taken;
  }

  private double seconds(Phase phase) {
    return nanos.getOrDefault(phase, 0L) / NANOS;
  }
}
