package ai.lacuna.finetune;

import ai.lacuna.run.Progress;
import ai.lacuna.run.RunSettings;
import ai.lacuna.run.TrainingRun;
import ai.lacuna.run.TrainingTask;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run whose epochs may be judged: then the best one is kept in {@code model.safetensors} of its
 * directory, else the last one. For one call of {@link #run}.
 */
public final class JudgedRun {
  /** The weights to use, in a run's directory. */
  public static final String FILE = "model.safetensors";

  private final TrainingTask task;
  private final Examination examination;
  private final boolean judged;
  private final Patience patience;
  private final RunSettings settings;
  private final TrainingRun training;

  /**
   * Prepares a run; nothing is read or written yet.
   *
   * @param task what is trained
   * @param settings where and how
   * @param examination judges epochs, and writes what is kept
   * @param judged whether epochs are judged
   * @param patience when it ends for want of a better epoch
   */
  public JudgedRun(
      TrainingTask task,
      RunSettings settings,
      Examination examination,
      boolean judged,
      Patience patience) {
    this.task = task;
    this.examination = examination;
    this.judged = judged;
    this.patience = patience;
    List<Progress> watchers = new ArrayList<>(List.of(settings.progress()));
    if (judged) {
      watchers.add(0, new Judge(examination, settings.run(), task.batches(), patience, this::stop));
    }
    this.settings = settings.withProgress(Progress.of(watchers));
    this.training = new TrainingRun(task, this.settings);
  }

  /**
   * What a run ended with.
   *
   * @param weights all parameters of the best epoch, or of the last one if none was judged
   * @param epoch the best epoch, from 0; the last one if none was judged
   * @param figures of the best epoch; empty if none was judged
   * @param steps steps done
   */
  public record Result(NamedTensors weights, int epoch, Map<String, Double> figures, long steps) {}

  /** Where and how it runs, with its watchers. */
  public RunSettings settings() {
    return settings;
  }

  /**
   * Trains until the end of the task, or until no better epoch has come for a while.
   *
   * @return the best network
   * @throws IOException if the data or the directory can't be read or written
   * @throws IllegalArgumentException if the data is smaller than a batch, or the directory holds a
   *     run with another configuration
   */
  public Result run() throws IOException {
    Path run = settings.run();
    Path file = run.resolve(FILE);
    if (best().isPresent() && best().get().isStale(patience)) {
      training.stop(); // Before its first step: the directory is checked, and nothing is trained.
    }
    TrainingRun.Result ended = training.run();
    if (!judged || !Files.exists(file)) {
      examination.keep(file, ended.weights());
    }
    Optional<Judge.Best> best = best();
    return new Result(
        Safetensors.read(file),
        best.map(Judge.Best::epoch).orElse((int) (Math.max(0, ended.step() - 1) / task.batches())),
        best.map(Judge.Best::figures).orElse(Map.of()),
        ended.step());
  }

  private Optional<Judge.Best> best() throws IOException {
    return judged ? Judge.best(settings.run()) : Optional.empty();
  }

  /**
   * Asks the run to stop after its current step, with a checkpoint. Returns at once; may be called
   * from any thread. {@link #run} then returns the best network so far.
   */
  public void stop() {
    training.stop();
  }
}
