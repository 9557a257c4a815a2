package ai.lacuna.track;

import ai.lacuna.serving.Pixels;
import java.util.Map;

/** Receives the figures and pictures of one run. */
public interface Tracker extends AutoCloseable {
  /**
   * Returns what to call it in messages.
   *
   * @return a name, such as {@code TensorBoard}
   */
  String name();

  /**
   * Receives figures.
   *
   * @param step steps done in the run
   * @param figures by name, such as {@code train/loss}; those that are not finite are left out
   * @throws TrackerException if they can't be kept
   */
  void figures(long step, Map<String, Double> figures);

  /**
   * Receives a picture; a tracker that keeps none ignores it.
   *
   * @param step steps done in the run
   * @param name such as {@code reconstructions}
   * @param picture grey or RGB
   * @throws TrackerException if it can't be kept
   */
  default void picture(long step, String name, Pixels picture) {}

  /** How a run ended; the words are MLflow's. */
  enum Ending {
    /** It did what it was asked to. */
    FINISHED,
    /** It was stopped from outside and may go on later. */
    KILLED,
    /** It met an error. */
    FAILED
  }

  /**
   * Keeps what is still on its way, and ends; a later call of this or {@link #close} does nothing.
   *
   * @param how what happened; a tracker that keeps no such thing ignores it
   * @throws TrackerException if it can't be kept
   */
  default void end(Ending how) {
    close();
  }

  /** Ends as finished, unless the tracker has ended. */
  @Override
  void close();
}
