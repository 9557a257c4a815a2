package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.engine.Devices;
import ai.lacuna.monitor.FineTuneReport;
import ai.lacuna.monitor.TrackerWatch;
import ai.lacuna.run.Progress;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a command shows and writes of a run whose epochs are judged: a bar, trackers, the report.
 *
 * @param arguments with {@code out} and the trackers' options
 * @param terminal where it is shown
 * @param command the command's name
 * @param what it does, before the bar
 */
record JudgedTraining(Arguments arguments, Terminal terminal, String command, String what) {
  /** A run with somebody who watches it. */
  @FunctionalInterface
  interface Run<R> {
    R with(Progress progress) throws IOException;
  }

  Path directory() {
    return Arguments.path(arguments.require("out"));
  }

  /**
   * Runs it.
   *
   * @param config what it computes, JSON
   * @param plan how layers are unfrozen
   * @param run the run
   */
  <R> R watch(String config, String plan, Run<R> run) throws IOException {
    Path directory = directory();
    try (EpochWatch watch = new EpochWatch(terminal, what, RunOptions.limit(arguments));
        TrackerWatch trackers =
            new TrackerWatch(
                TrackerOptions.read(arguments, directory, config),
                complaint -> terminal.err().println("lacuna: " + complaint))) {
      Progress report =
          new Progress() {
            @Override
            public void onInspected(Epoch epoch, Map<String, Double> figures) throws IOException {
              FineTuneReport.write(directory, line(), plan);
            }
          };
      return run.with(Progress.of(List.of(watch, trackers, report)));
    }
  }

  private String line() {
    return "./lacuna " + arguments.repeated(command, Set.of("debug"));
  }

  /** Writes the report again, with what the network did on test images. */
  void report(String plan, FineTuneReport.Test test) throws IOException {
    FineTuneReport.write(directory(), line(), plan, test);
  }

  /** Says what it came to. */
  void summary(
      long steps, long nanos, List<Device> devices, int epoch, Map<String, Double> validation) {
    terminal.line(
        "%s, %s on %s",
        Counted.of(steps, "step"), ProgressBar.seconds(nanos), Devices.names(devices));
    if (!validation.isEmpty()) {
      terminal.line("best epoch: %d, held-out images: %s", epoch + 1, Figures.words(validation));
    }
  }

  /** Says where things lie. */
  void files() {
    terminal.line("run: %s", directory());
    terminal.line("report: %s", directory().resolve("report.html"));
  }
}
