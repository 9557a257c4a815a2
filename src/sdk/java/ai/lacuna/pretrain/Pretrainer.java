package ai.lacuna.pretrain;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.graph.Program;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;

/**
 * Pretrains a masked autoencoder (arXiv 2111.06377): random resized crop and flip, random masks,
 * the loss on removed patches, AdamW, warm-up and cosine at each iteration.
 *
 * <pre>{@code
 * Path run = Path.of("runs/mae");
 * Pretrainer.builder(config, images).run(run).device(Device.cpu()).build().run();
 * }</pre>
 *
 * <p>A run that was stopped goes on from its newest checkpoint when started again on the same
 * directory, with the same losses and weights as one that was not, on the same device and number of
 * threads.
 */
public final class Pretrainer {
  private final RunSettings settings;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopping;

  Pretrainer(RunSettings settings) {
    this.settings = settings;
  }

  /**
   * Begins a pretrainer.
   *
   * @param config what to compute
   * @param data the images; labels are ignored
   * @return a builder: run directory {@code run}, on the CPU, a checkpoint every epoch
   */
  public static PretrainerBuilder builder(PretrainConfig config, ImageDataset data) {
    return new PretrainerBuilder(config, data);
  }

  /**
   * What a run ended with.
   *
   * @param weights all parameters of encoder and decoder
   * @param step steps done
   * @param loss mean masked loss of the last epoch's steps in this process, NaN if there was none
   */
  public record Result(NamedTensors weights, long step, double loss) {}

  /**
   * Trains until the end of the recipe, or until the step limit.
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
    try {
      return train();
    } finally {
      ended.countDown();
      forget(hook);
    }
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
    stop();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Result train() throws IOException {
    PretrainConfig config = settings.config();
    if (settings.batches() == 0) {
      throw new IllegalArgumentException(
          settings.data().name()
              + ": expected at least one batch of "
              + config.recipe().batchSize()
              + " images, found "
              + settings.data().size()
              + "; choose a smaller batch size");
    }
    // A network that does not fit is said before the directory has anything of this run.
    settings.tail().open(settings.devices().get(0)).close();
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
    PretrainConfig config = settings.config();
    Path run = settings.run();
    Checkpoint.removeLeftovers(run);
    List<String> differences = claim();
    settings.repeatability().apply(run, settings.devices());
    while (true) {
      Optional<Checkpoint> newest = Checkpoint.newest(run);
      try {
        return train(newest, differences);
      } catch (NonFiniteException e) {
        if (config.numerics().onNonFinite() != Numerics.OnNonFinite.ROLLBACK) {
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

  private Result train(Optional<Checkpoint> newest, List<String> differences) throws IOException {
    PretrainConfig config = settings.config();
    Program program = config.program();
    NamedTensors weights =
        newest.isPresent() ? newest.get().weights() : Weights.initial(program, config.seed());
    try (Trainee trainee =
        new Trainee(
            program,
            weights,
            config.recipe().adamW(),
            config.numerics(),
            settings.devices(),
            settings.tail())) {
      if (newest.isPresent()) {
        trainee.restoreOptimizer(newest.get().optimizer());
      }
      Checkpoint.State start = newest.map(Checkpoint::state).orElse(new Checkpoint.State(0, 0, 0));
      try (RunRecord record = RunRecord.open(settings.run(), start.step())) {
        Environment.current(settings.devices(), settings.repeatability().deterministic())
            .claim(settings.run(), start.step(), record);
        if (!differences.isEmpty()) {
          record.write("configuration", new Change(start.step(), differences));
        }
        return new PretrainLoop(settings, trainee, record, this::isOver).train(start);
      }
    }
  }

  /** A line of the record: what changed before the run went on at a step. */
  record Change(long step, List<String> changes) {}

  private boolean isOver(long step) {
    OptionalLong most = settings.maxSteps();
    return stopping || (most.isPresent() && step >= most.getAsLong());
  }

  /** Writes configuration and data, or compares them with those there; returns what differs. */
  private List<String> claim() throws IOException {
    Path run = settings.run();
    PretrainConfig config = settings.config();
    Path file = run.resolve("config.json");
    boolean fresh = !Files.exists(file);
    RunData data = new RunData(settings.source(), settings.data().size());
    List<String> differences = new ArrayList<>();
    if (!fresh) {
      PretrainConfig there = PretrainConfig.fromJson(Files.readString(file));
      differences.addAll(ConfigJson.differences(there, config));
      RunData.find(run).ifPresent(known -> differences.addAll(data.differences(known)));
      if (!differences.isEmpty() && !settings.force()) {
        throw new IllegalArgumentException(
            run
                + ": holds a run with another configuration: "
                + String.join("; ", differences)
                + "; choose another directory, the settings of that run, or force");
      }
    }
    if (fresh || !differences.isEmpty()) {
      data.write(run);
      FileReplacement.write(file, config.toJson());
    }
    return List.copyOf(differences);
  }
}
