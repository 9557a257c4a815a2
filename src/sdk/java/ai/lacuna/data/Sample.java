package ai.lacuna.data;

import ai.lacuna.serving.Pixels;

/**
 * One image of a data set.
 *
 * @param id names the sample in its data set for ever; keys its random numbers
 * @param pixels the decoded image
 * @param label the index of its class, or {@link #NO_LABEL}
 */
public record Sample(long id, Pixels pixels, int label) {
  /** The label of a sample without a class. */
  public static final int NO_LABEL = -1;
}
