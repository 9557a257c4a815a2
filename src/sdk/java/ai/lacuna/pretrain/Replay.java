package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Loader;
import ai.lacuna.masking.Mask;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Environment;
import ai.lacuna.run.NonFiniteException;
import ai.lacuna.run.Progress;
import ai.lacuna.run.Rollback;
import ai.lacuna.run.Rollbacks;
import ai.lacuna.run.RunData;
import ai.lacuna.run.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Computes one step of a run again: its images, its masks and its loss.
 *
 * <p>Batch and masks are pure functions of the run's configuration. The loss needs the weights of
 * that moment: they are trained again from the newest checkpoint before the step, or from the seed,
 * in a temporary directory, with as many replicas and threads as the run had, which decide its last
 * digits. The run itself is only read; the number of libtorch's threads stays set.
 *
 * <p>A step that was not finite, and the batch of one that the run went back from, are computed as
 * they were the first time. Steps before the run went on under another configuration can't be
 * computed again.
 */
public final class Replay {
  private Replay() {}

  /**
   * A step as it was.
   *
   * @param config what the run computes
   * @param step the step, from 1
   * @param epoch its epoch, from 0
   * @param from steps that the checkpoint had done from which it was computed
   * @param batch images, as the network saw them, with their ids
   * @param masks the mask of each image
   * @param loss the loss of the step, computed again; NaN if the step was not finite
   * @param notFinite what was not finite in the step; empty if all was
   * @param recorded the loss that the run wrote, if it wrote one at this step
   */
  public record Replayed(
      PretrainConfig config,
      long step,
      int epoch,
      long from,
      Batch batch,
      List<Mask> masks,
      double loss,
      String notFinite,
      OptionalDouble recorded) {

    /** Whether the loss was recorded and is the same, bit for bit. */
    public boolean same() {
      return recorded.isPresent()
          && Double.doubleToLongBits(recorded.getAsDouble()) == Double.doubleToLongBits(loss);
    }
  }

  /**
   * Computes a step again.
   *
   * @param run the directory of a run
   * @param step the step, from 1 to the run's last
   * @param data the images that the run was trained on
   * @param device where to compute; another one than the run's gives other last digits
   * @param progress watches the steps on the way
   * @return the step
   * @throws IllegalArgumentException if the run has no such step, went on under another
   *     configuration since, or the data has another size
   * @throws IOException if the run can't be read
   */
  public static Replayed of(
      Path run, long step, ImageDataset data, Device device, Progress progress) throws IOException {
    return of(run, step, data, device, progress, builder -> {});
  }

  /**
   * Computes a step of a run whose configuration only names a part, such as the network of a
   * perceptual loss.
   *
   * @param run the directory of a run
   * @param step the step, from 1 to the run's last
   * @param data the images that the run was trained on
   * @param device where to compute; another one than the run's gives other last digits
   * @param progress watches the steps on the way
   * @param named gives the pretrainer what the configuration names
   * @return the step
   * @throws IllegalArgumentException if the run has no such step, went on under another
   *     configuration since, or the data has another size
   * @throws IOException if the run can't be read
   */
  public static Replayed of(
      Path run,
      long step,
      ImageDataset data,
      Device device,
      Progress progress,
      Consumer<PretrainerBuilder> named)
      throws IOException {
    PretrainConfig config = configOf(run);
    TrainingBatches batches = new TrainingBatches(config, data);
    requireSameData(run, data);
    long steps = (long) batches.perEpoch() * config.recipe().epochs();
    if (step < 1 || step > steps) {
      throw new IllegalArgumentException(
          "step: expected 1 to " + steps + ", the steps of " + run + ", found " + step);
    }
    int epoch = (int) ((step - 1) / batches.perEpoch());
    int index = (int) ((step - 1) % batches.perEpoch());
    Batch batch;
    try (Loader loader = batches.open(epoch, index, 1)) {
      batch = loader.iterator().next();
    }
    List<Mask> masks = new BatchMasks(config, config.masking().strategy()).draw(epoch, batch);
    Rollbacks.Past rollbacks = Rollbacks.before(run, epoch, index);
    Optional<Checkpoint> before = newestBefore(run, Math.min(step - 1, rollbacks.newest()));
    long from = before.map(checkpoint -> checkpoint.state().step()).orElse(0L);
    requireOneConfiguration(run, step, from);
    Outcome outcome = train(run, config, before, rollbacks, step, data, device, progress, named);
    return new Replayed(
        config,
        step,
        epoch,
        from,
        batch,
        masks,
        outcome.loss(),
        outcome.notFinite(),
        RunRecord.loss(run, step));
  }

  /** What became of a step. */
  private record Outcome(double loss, String notFinite) {}

  /**
   * Reads how a run's data can be found again.
   *
   * @param run the directory of a run
   * @return what {@link PretrainerBuilder#source} was given; empty for runs of the first version
   * @throws IOException if it can't be read
   */
  public static Optional<String> sourceOf(Path run) throws IOException {
    return RunData.find(run).map(RunData::source);
  }

  /**
   * Reads how a run was configured.
   *
   * @param run the directory of a run
   * @return its configuration
   * @throws IllegalArgumentException if it has none, or one of another kind of run
   * @throws IOException if it can't be read
   */
  public static PretrainConfig configOf(Path run) throws IOException {
    Path file = run.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          run + ": expected a pretraining run with config.json, found none; give its directory");
    }
    try {
      return PretrainConfig.fromJson(Files.readString(file));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file + ": " + e.getMessage() + "; give a pretraining run", e);
    }
  }

  private static void requireSameData(Path run, ImageDataset data) throws IOException {
    RunData here = new RunData(data.name(), data.size());
    List<String> differences = RunData.find(run).map(here::differences).orElse(List.of());
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          run
              + ": "
              + String.join("; ", differences)
              + "; give the data that the run was trained on");
    }
  }

  private static void requireSame(Path run, Pretrainer pretrainer) throws IOException {
    List<String> differences = pretrainer.differences(Files.readString(run.resolve("config.json")));
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          run
              + ": "
              + String.join("; ", differences)
              + "; give the network that the run was trained with");
    }
  }

  /** Steps of two configurations do not follow from one of them. */
  private static void requireOneConfiguration(Path run, long step, long from) throws IOException {
    OptionalLong changed = RunRecord.lastChange(run);
    if (changed.isPresent() && from < changed.getAsLong()) {
      long change = changed.getAsLong();
      String first =
          Checkpoint.all(run).stream()
              .mapToLong(checkpoint -> checkpoint.state().step())
              .filter(there -> there >= change)
              .mapToObj(there -> "those after " + there)
              .findFirst()
              .orElse("none");
      throw new IllegalArgumentException(
          "%s: expected a step that follows from a checkpoint of step %s or later, where the run went on under another configuration, found step %s; of the steps that can be computed again there are %s"
              .formatted(run, change, step, first));
    }
  }

  private static Optional<Checkpoint> newestBefore(Path run, long most) throws IOException {
    return Checkpoint.all(run).stream()
        .filter(checkpoint -> checkpoint.state().step() <= most)
        .max(Comparator.comparingLong(checkpoint -> checkpoint.state().step()));
  }

  private static Outcome train(
      Path run,
      PretrainConfig config,
      Optional<Checkpoint> before,
      Rollbacks.Past rollbacks,
      long step,
      ImageDataset data,
      Device device,
      Progress progress,
      Consumer<PretrainerBuilder> named)
      throws IOException {
    Path scratch = Files.createTempDirectory("lacuna-replay-");
    try {
      if (before.isPresent()) {
        copy(before.get().directory(), scratch);
      }
      rollbacks.write(scratch);
      double[] loss = {Double.NaN};
      StringBuilder notFinite = new StringBuilder();
      PretrainerBuilder builder = Pretrainer.builder(config, data);
      named.accept(builder);
      Environment.Arithmetic there = Environment.arithmetic(run);
      Pretrainer pretrainer =
          builder
              .run(scratch)
              .devices(Collections.nCopies(there.replicas(), device))
              .deterministic(there.deterministic())
              .threads(there.threads())
              .maxCorrupt(1) // How many are too many was the run's to say.
              .logEvery(1)
              .maxSteps(step)
              .progress(
                  new Progress() {
                    @Override
                    public void onStep(Step done) {
                      progress.onStep(done);
                      if (done.step() == step) {
                        loss[0] = done.loss();
                      }
                    }

                    @Override
                    public void onRollback(Rollback rollback) {
                      if (rollback.failedStep() == step) {
                        notFinite.append(rollback.what());
                      }
                    }
                  })
              .build();
      requireSame(run, pretrainer);
      pretrainer.run();
      return new Outcome(loss[0], notFinite.toString());
    } catch (NonFiniteException e) {
      if (e.step() != step) {
        throw e;
      }
      return new Outcome(Double.NaN, e.what());
    } finally {
      delete(scratch);
    }
  }

  private static void copy(Path checkpoint, Path into) throws IOException {
    Path target = into.resolve(String.valueOf(checkpoint.getFileName()));
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(String.valueOf(file.getFileName())));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
