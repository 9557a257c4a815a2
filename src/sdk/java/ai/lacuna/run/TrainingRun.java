package ai.lacuna.run;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Trainee;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;

/**
 * Drives a task through its epochs, in a directory. A run that was stopped goes on from its newest
 * checkpoint when started again on the same directory, with the same losses and weights as one that
 * was not, on the same device and number of threads. For one call of {@link #run}.
 */
public final class TrainingRun {
  private final TrainingTask task;
  private final RunSettings settings;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopping;
  private volatile boolean interrupted;

  /**
   * Prepares a run; nothing is read or written yet.
   *
   * @param task what is trained
   * @param settings where and how
   */
  public TrainingRun(TrainingTask task, RunSettings settings) {
    this.task = task;
    this.settings = settings;
  }

  /**
   * What a run ended with.
   *
   * @param weights all parameters, averaged if the task averages them
   * @param step steps done
   * @param loss mean loss of the last epoch's steps so far, NaN if this process did none
   */
  public record Result(NamedTensors weights, long step, double loss) {}

  /**
   * Trains until the end of the task, or until the step limit.
   *
   * @return weights and loss
   * @throws IOException if the directory can't be read or written
   * @throws IllegalArgumentException if the data is smaller than a batch, or the directory holds a
   *     run with another configuration
   */
  public Result run() throws IOException {
    // The JVM must not unload libtorch under a step: an interrupted process waits for its end.
    Thread hook = new Thread(this::stopAndWait, "lacuna-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    Progress.Ending ending = Progress.Ending.FAILED;
    try {
      Result result = train();
      boolean early = stopping && result.step() < steps();
      Progress.Ending cut = interrupted ? Progress.Ending.INTERRUPTED : Progress.Ending.STOPPED;
      ending = early ? cut : Progress.Ending.DONE;
      return result;
    } finally {
      try {
        settings.progress().onEnd(ending);
      } finally {
        ended.countDown();
        forget(hook);
      }
    }
  }

  /** Steps of the whole run, or the limit of steps. */
  private long steps() {
    long whole = (long) task.batches() * task.epochs();
    return Math.min(whole, settings.maxSteps().orElse(whole));
  }

  /**
   * Asks the run to stop after its current step, with a checkpoint. Returns at once; may be called
   * from any thread. {@link #run} then returns what was trained so far.
   */
  public void stop() {
    stopping = true;
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // The hook is running, or has run: there is nothing left to forget.
    }
  }

  private void stopAndWait() {
    interrupted = true;
    stop();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Result train() throws IOException {
    if (task.batches() == 0) {
      throw new IllegalArgumentException(
          task.dataName()
              + ": expected at least one batch of "
              + task.batchSize()
              + " images, found "
              + task.images()
              + "; choose a smaller batch size");
    }
    // A network that does not fit is said before the directory has anything of this run.
    task.check(settings.device());
    Path run = settings.run();
    Files.createDirectories(run);
    RunLock lock = RunLock.take(run);
    try {
      return resume();
    } finally {
      lock.close();
    }
  }

  private Result resume() throws IOException {
    Path run = settings.run();
    Checkpoint.removeLeftovers(run);
    claim();
    settings.repeatability().apply(run, settings.devices());
    while (true) {
      Optional<Checkpoint> newest = Checkpoint.newest(run);
      try {
        return train(newest);
      } catch (NonFiniteException e) {
        if (task.numerics().onNonFinite() != Numerics.OnNonFinite.ROLLBACK) {
          throw e;
        }
        Rollback rollback = Rollbacks.of(run).add(e, Checkpoint.newest(run));
        try (RunRecord record = RunRecord.open(run, rollback.step())) {
          record.write("rollback", rollback);
        }
        settings.progress().onRollback(rollback);
      }
    }
  }

  private Result train(Optional<Checkpoint> newest) throws IOException {
    NamedTensors weights = newest.isPresent() ? newest.get().weights() : task.initialWeights();
    try (Trainee trainee = task.open(weights, settings.devices())) {
      if (newest.isPresent()) {
        trainee.restoreOptimizer(newest.get().optimizer());
      }
      Checkpoint.State start = newest.map(Checkpoint::state).orElse(new Checkpoint.State(0, 0, 0));
      try (RunRecord record = RunRecord.open(settings.run(), start.step())) {
        Environment.current(
                settings.devices(), settings.repeatability().deterministic(), task.jpeg())
            .claim(settings.run(), start.step(), record);
        EpochTally before = newest.isPresent() ? newest.get().tally() : EpochTally.NONE;
        return new TrainingLoop(task, settings, trainee, record, this::isOver).train(start, before);
      }
    }
  }

  /** A line of the record: what changed before the run went on at a step. */
  record Change(long step, List<String> changes) {}

  private boolean isOver(long step) {
    OptionalLong most = settings.maxSteps();
    return stopping || (most.isPresent() && step >= most.getAsLong());
  }

  private void requireForce(Path run, List<String> differences, List<String> insuperable)
      throws IOException {
    String holds = run + ": holds a run with another configuration: ";
    if (!settings.force()) {
      String force =
          insuperable.isEmpty()
              ? "the settings of that run, or --force (in Java force(true))"
              : "or its settings";
      throw new IllegalArgumentException(
          holds + String.join("; ", differences) + "; choose another directory, " + force);
    }
    if (!insuperable.isEmpty()) {
      throw new IllegalArgumentException(
          holds
              + String.join("; ", insuperable)
              + "; its weights can't go on so, not even by force; choose another directory");
    }
    requireFit(run);
  }

  /** Checks before a forced change is written that the network's parameters are still those. */
  private void requireFit(Path run) throws IOException {
    Optional<Checkpoint> newest = Checkpoint.newest(run);
    if (newest.isEmpty()) {
      return;
    }
    Map<String, String> there = shapes(newest.get().weights());
    Map<String, String> here = shapes(task.initialWeights());
    Set<String> names = new TreeSet<>(there.keySet());
    names.addAll(here.keySet());
    for (String name : names) {
      String before = there.getOrDefault(name, "nothing");
      String now = here.getOrDefault(name, "nothing");
      if (!before.equals(now)) {
        throw new IllegalArgumentException(
            ("%s: holds a run of another network, which can't go on as this one: %s: there %s, here"
                    + " %s; choose another directory or the settings of that run")
                .formatted(run, name, before, now));
      }
    }
  }

  private static Map<String, String> shapes(NamedTensors weights) {
    Map<String, String> shapes = new HashMap<>();
    weights.forEach(entry -> shapes.put(entry.name(), Arrays.toString(entry.tensor().shape())));
    return shapes;
  }

  private List<String> differences(Path file) throws IOException {
    try {
      return task.differences(Files.readString(file));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file + ": " + e.getMessage() + "; choose another directory", e);
    }
  }

  /** Writes configuration and data, or compares them with those there and records what differs. */
  private void claim() throws IOException {
    Path run = settings.run();
    Path file = run.resolve("config.json");
    boolean fresh = !Files.exists(file);
    RunData data = new RunData(settings.source(), task.images());
    List<String> differences = new ArrayList<>();
    if (!fresh) {
      differences.addAll(differences(file));
      RunData.find(run).ifPresent(known -> differences.addAll(data.differences(known)));
      if (!differences.isEmpty()) {
        requireForce(run, differences, task.insuperable(Files.readString(file)));
        // Before the files are replaced: what stops the process here hides no change.
        record(differences);
      }
    }
    if (fresh || !differences.isEmpty()) {
      data.write(run);
      FileReplacement.write(file, task.config());
    }
  }

  private void record(List<String> differences) throws IOException {
    Path run = settings.run();
    long step = Checkpoint.newest(run).map(newest -> newest.state().step()).orElse(0L);
    try (RunRecord record = RunRecord.open(run, step)) {
      record.write(RunRecord.CHANGED, new Change(step, List.copyOf(differences)));
    }
  }
}
