package ai.lacuna.track;

import ai.lacuna.serving.Pixels;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Several trackers as one that never fails: what goes wrong is said once for each. */
public final class Trackers implements Tracker {
  private final List<Tracker> all;
  private final Consumer<String> complaints;
  private final Set<String> said = new HashSet<>();

  private Trackers(List<Tracker> all, Consumer<String> complaints) {
    this.all = List.copyOf(all);
    this.complaints = complaints;
  }

  /**
   * Joins trackers, which it then owns.
   *
   * @param trackers possibly none
   * @param complaints receives a line when one fails for the first time
   * @return all of them; close it
   */
  public static Trackers of(List<Tracker> trackers, Consumer<String> complaints) {
    return new Trackers(trackers, complaints);
  }

  @Override
  public String name() {
    return "trackers";
  }

  @Override
  public void figures(long step, Map<String, Double> figures) {
    all.forEach(tracker -> attempt(tracker, () -> tracker.figures(step, figures)));
  }

  @Override
  public void picture(long step, String name, Pixels picture) {
    all.forEach(tracker -> attempt(tracker, () -> tracker.picture(step, name, picture)));
  }

  @Override
  public void end(Ending how) {
    all.forEach(tracker -> attempt(tracker, () -> tracker.end(how)));
  }

  @Override
  public void close() {
    all.forEach(tracker -> attempt(tracker, tracker::close));
  }

  private void attempt(Tracker tracker, Runnable work) {
    try {
      work.run();
    } catch (TrackerException e) {
      if (said.add(tracker.name())) {
        complaints.accept(
            tracker.name()
                + ": "
                + e.getMessage()
                + "; the training goes on, metrics.jsonl has all");
      }
    }
  }
}
