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

  /** Keeps what is still on its way, and ends; a second call does nothing. */
  @Override
  void close();
}
