package ai.lacuna.finetune;

/**
 * When a run ends for want of a better epoch.
 *
 * @param epochs so many in a row without a better one end it, at least 0; 0 for no end
 * @param from the epoch, from 0, before which none counts: the first one of a plan's last phase, so
 *     that a plateau of its head does not leave frozen what the plan unfreezes later
 */
public record Patience(int epochs, int from) {
  /**
   * @throws IllegalArgumentException if a value is negative
   */
  public Patience {
    if (epochs < 0 || from < 0) {
      throw new IllegalArgumentException(
          "patience: expected epochs of at least 0, found " + epochs + " from epoch " + from);
    }
  }

  /**
   * Says whether it is over.
   *
   * @param risen the epoch of the best one
   * @param last the newest epoch
   * @return whether enough epochs have passed in vain
   */
  boolean isOver(int risen, int last) {
    return epochs > 0 && last - Math.max(risen, from - 1) >= epochs;
  }
}
