package ai.lacuna.monitor;

import ai.lacuna.run.Gauges;
import ai.lacuna.run.Progress;
import ai.lacuna.serving.Pixels;
import ai.lacuna.track.Tracker;
import ai.lacuna.track.TrackerException;
import ai.lacuna.track.Trackers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Sends the figures of a run of any kind to trackers. A tracker that fails is left out. */
public final class TrackerWatch implements Progress, AutoCloseable {
  private final List<TrackerSource> sources;
  private final Consumer<String> complaints;
  private Trackers trackers;

  /**
   * Prepares trackers; they are opened when the run begins.
   *
   * @param sources open them
   * @param complaints hears of those that fail, a line for each, once
   */
  public TrackerWatch(List<TrackerSource> sources, Consumer<String> complaints) {
    this.sources = List.copyOf(sources);
    this.complaints = complaints;
    this.trackers = Trackers.of(List.of(), complaints);
  }

  /** Opens a tracker when it is known how many steps the run has done. */
  @FunctionalInterface
  public interface TrackerSource {
    /**
     * Opens the tracker.
     *
     * @param step steps done
     * @return the tracker, which the watcher closes
     * @throws IOException if it can't be opened; the training goes on without it
     */
    Tracker open(long step) throws IOException;
  }

  @Override
  public void onStart(Start start) {
    // A run that goes back to a checkpoint starts again.
    trackers.end(Tracker.Ending.KILLED);
    List<Tracker> opened = new ArrayList<>();
    for (TrackerSource source : sources) {
      try {
        opened.add(source.open(start.step()));
      } catch (IOException | TrackerException e) {
        complaints.accept(
            "tracker: " + e.getMessage() + "; the training goes on, metrics.jsonl has all");
      }
    }
    trackers = Trackers.of(opened, complaints);
  }

  @Override
  public void onStep(Step step) {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("train/loss", step.loss());
    figures.put("train/learning_rate", step.learningRate());
    figures.put("speed/images_per_second", step.imagesPerSecond());
    figures.put("speed/seconds_left", step.secondsLeft());
    add(step.gauges(), figures);
    trackers.figures(step.step(), figures);
  }

  private static void add(Gauges gauges, Map<String, Double> figures) {
    figures.put("train/gradient_norm", gauges.gradientNorm());
    figures.put("train/loss_scale", gauges.lossScale());
    figures.put("train/skipped_steps", gauges.skippedSteps());
    figures.put("train/mask_ratio", gauges.maskRatio());
    figures.put("speed/patches_per_second", gauges.patchesPerSecond());
    figures.put("speed/flops_per_second", gauges.flopsPerSecond());
    figures.put("speed/peak_share", gauges.peakShare());
    figures.put("seconds/load", gauges.secondsPerStep().load());
    figures.put("seconds/transfer", gauges.secondsPerStep().transfer());
    figures.put("seconds/forward", gauges.secondsPerStep().forward());
    figures.put("seconds/backward", gauges.secondsPerStep().backward());
    figures.put("seconds/step", gauges.secondsPerStep().step());
    figures.put("memory/resident_peak_mib", gauges.residentPeakMiB());
    figures.put("memory/device_mib", gauges.deviceMiB());
  }

  @Override
  public void onEpoch(Epoch epoch) {
    trackers.figures(
        epoch.step(),
        Map.of("epoch/loss", epoch.loss(), "epoch/images_per_second", epoch.imagesPerSecond()));
  }

  @Override
  public void onInspected(Epoch epoch, Map<String, Double> figures) {
    Map<String, Double> named = new LinkedHashMap<>();
    figures.forEach((name, value) -> named.put("validation/" + name, value));
    if (!named.isEmpty()) {
      trackers.figures(epoch.step(), named);
    }
  }

  void picture(long step, String name, Pixels picture) {
    trackers.picture(step, name, picture);
  }

  @Override
  public void onEnd(Ending ending) {
    trackers.end(
        switch (ending) {
          case DONE -> Tracker.Ending.FINISHED;
          case STOPPED, INTERRUPTED -> Tracker.Ending.KILLED;
          case FAILED -> Tracker.Ending.FAILED;
        });
  }

  @Override
  public void close() {
    trackers.close();
  }
}
