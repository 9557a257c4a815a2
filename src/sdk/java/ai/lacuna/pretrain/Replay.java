package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Loader;
import ai.lacuna.masking.Mask;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.run.Rollbacks;
import ai.lacuna.run.RunData;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Computes one step of a run again: its images, its masks and its loss.
 *
 * <p>Batch and masks are pure functions of the run's configuration. The loss needs the weights of
 * that moment: they are trained again from the newest checkpoint before the step, or from the seed,
 * in a temporary directory. The run itself is only read.
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
   * @param loss the loss of the step, computed again
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
   * @throws IllegalArgumentException if the run has no such step, or the data has another size
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
   * @throws IllegalArgumentException if the run has no such step, or the data has another size
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
    Optional<Checkpoint> before = newestBefore(run, step);
    double loss = train(run, config, before, step, data, device, progress, named);
    long from = before.map(checkpoint -> checkpoint.state().step()).orElse(0L);
    return new Replayed(config, step, epoch, from, batch, masks, loss, recorded(run, step));
  }

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

  private static PretrainConfig configOf(Path run) throws IOException {
    Path file = run.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          run + ": expected a pretraining run with config.json, found none; give its directory");
    }
    return PretrainConfig.fromJson(Files.readString(file));
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

  private static Optional<Checkpoint> newestBefore(Path run, long step) throws IOException {
    return Checkpoint.all(run).stream()
        .filter(checkpoint -> checkpoint.state().step() < step)
        .max(Comparator.comparingLong(checkpoint -> checkpoint.state().step()));
  }

  private static double train(
      Path run,
      PretrainConfig config,
      Optional<Checkpoint> before,
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
      Rollbacks.copy(run, scratch);
      double[] loss = {Double.NaN};
      PretrainerBuilder builder = Pretrainer.builder(config, data);
      named.accept(builder);
      Pretrainer pretrainer =
          builder
              .run(scratch)
              .device(device)
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
                  })
              .build();
      requireSame(run, pretrainer);
      pretrainer.run();
      return loss[0];
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

  private static OptionalDouble recorded(Path run, long step) throws IOException {
    Path metrics = run.resolve("metrics.jsonl");
    if (!Files.exists(metrics)) {
      return OptionalDouble.empty();
    }
    try (Stream<String> lines = Files.lines(metrics)) {
      return lines
          .filter(line -> line.startsWith("{\"kind\":\"step\""))
          .map(line -> JsonParser.parseString(line).getAsJsonObject())
          .filter(record -> record.get("step").getAsLong() == step)
          .map((JsonObject record) -> record.get("loss").getAsDouble())
          .mapToDouble(Double::doubleValue)
          .findFirst();
    }
  }
}
