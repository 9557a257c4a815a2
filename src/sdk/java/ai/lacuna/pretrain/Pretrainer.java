package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.graph.Program;
import ai.lacuna.masking.MaskSamplers;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.train.LossTail;
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

  private Pretrainer(RunSettings settings) {
    this.settings = settings;
  }

  /**
   * Begins a pretrainer.
   *
   * @param config what to compute
   * @param data the images; labels are ignored
   * @return a builder: run directory {@code run}, on the CPU, a checkpoint every epoch
   */
  public static Builder builder(PretrainConfig config, ImageDataset data) {
    return new Builder(config, data);
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

  /** Collects what a run needs. */
  public static final class Builder {
    private final PretrainConfig config;
    private final ImageDataset data;
    private MaskSamplers masks;
    private Path run = Path.of("run");
    private List<Device> devices = List.of(Device.cpu());
    private boolean deterministic;
    private int threads;
    private int workers = 1;
    private double maxCorrupt = 0.01;
    private int logEvery = 50;
    private int checkpointEvery;
    private String source;
    private Retention retention = Retention.lastTwo();
    private boolean force;
    private OptionalLong maxSteps = OptionalLong.empty();
    private Progress progress = Progress.silent();
    private LossTail.Factory tail;

    private Builder(PretrainConfig config, ImageDataset data) {
      this.config = config;
      this.data = data;
      this.masks = config.masking().strategy();
      this.source = data.name();
      this.tail = PerceptualTail.of(config);
    }

    /**
     * Sets the run's directory; one that holds a run is resumed.
     *
     * @param directory the directory, made if need be
     * @return this
     */
    public Builder run(Path directory) {
      run = directory;
      return this;
    }

    /**
     * Sets the device.
     *
     * @param value CPU or a GPU
     * @return this
     */
    public Builder device(Device value) {
      return devices(List.of(value));
    }

    /**
     * Sets several devices: each holds a replica of the network and computes its share of every
     * batch; gradients are added, the first one holds the optimizer. A device may appear twice.
     *
     * @param values at least one
     * @return this
     */
    public Builder devices(List<Device> values) {
      devices = List.copyOf(values);
      return this;
    }

    /**
     * Sets whether libtorch uses deterministic algorithms only, and as many threads as the run
     * began with: then a run gives the same bits again on the same machine. It is set for the
     * process.
     *
     * @param only whether it does; see {@link ai.lacuna.engine.Determinism}
     * @return this
     */
    public Builder deterministic(boolean only) {
      deterministic = only;
      return this;
    }

    /**
     * Sets how many threads one operation on a CPU uses. It is set for the process.
     *
     * @param count at least 1; 0 for libtorch's choice
     * @return this
     */
    public Builder threads(int count) {
      threads = count;
      return this;
    }

    /**
     * Sets how many threads load images; changes the speed only.
     *
     * @param count at least 1
     * @return this
     */
    public Builder workers(int count) {
      workers = count;
      return this;
    }

    /**
     * Sets the greatest share of images that may be damaged; others stand in for them, and the
     * epoch's record counts them.
     *
     * @param share 0, where the first one ends the run, to 1; 0.01 if not set. Judged over at least
     *     1,000 images, or an epoch if that is fewer
     * @return this
     */
    public Builder maxCorrupt(double share) {
      maxCorrupt = share;
      return this;
    }

    /**
     * Sets how many steps pass between two records.
     *
     * @param steps at least 1
     * @return this
     */
    public Builder logEvery(int steps) {
      logEvery = Math.max(1, steps);
      return this;
    }

    /**
     * Sets how many steps pass between two checkpoints, besides those at the end of epochs.
     *
     * @param steps at least 0; 0 for none
     * @return this
     */
    public Builder checkpointEvery(int steps) {
      checkpointEvery = steps;
      return this;
    }

    /**
     * Sets how the data can be found again; the run remembers it.
     *
     * @param text what {@link ImageDataset#open} takes; the data's name unless set
     * @return this
     */
    public Builder source(String text) {
      source = text;
      return this;
    }

    /**
     * Sets which checkpoints stay on disk.
     *
     * @param rule the two newest unless set
     * @return this
     */
    public Builder retention(Retention rule) {
      retention = rule;
      return this;
    }

    /**
     * Lets a run go on under another configuration; what changed is written to its record.
     *
     * @param value whether it may; without, a difference is an error
     * @return this
     */
    public Builder force(boolean value) {
      force = value;
      return this;
    }

    /**
     * Ends the run early.
     *
     * @param steps of the whole run
     * @return this
     */
    public Builder maxSteps(long steps) {
      maxSteps = OptionalLong.of(steps);
      return this;
    }

    /**
     * Sets who watches.
     *
     * @param watcher is called after steps and epochs
     * @return this
     */
    public Builder progress(Progress watcher) {
      progress = watcher;
      return this;
    }

    /**
     * Sets the masks of a configuration whose strategy is {@link MaskStrategy.Custom}: explicit
     * ones, or those of a caller's own map.
     *
     * @param own makes a sampler for each count of patches that the configuration's ratio passes
     * @return this
     */
    public Builder masks(MaskSamplers own) {
      masks = own;
      return this;
    }

    /**
     * Sets the network of a perceptual loss; without this, the loss names a file.
     *
     * @param network whose features are compared
     * @return this
     * @throws IllegalArgumentException if the configuration's loss has no perceptual term
     */
    public Builder perceptual(FrozenNetwork network) {
      tail = PerceptualTail.of(config, network);
      return this;
    }

    /**
     * Makes the pretrainer.
     *
     * @return ready to run
     * @throws IllegalArgumentException if masks are given and the configuration is not for custom
     *     ones, or the other way round
     */
    public Pretrainer build() {
      MaskStrategy strategy = config.masking().strategy();
      if (strategy instanceof MaskStrategy.Custom && masks == strategy) {
        throw new IllegalArgumentException(
            "mask " + strategy.text() + ": expected the masks in Pretrainer.Builder.masks");
      }
      if (!(strategy instanceof MaskStrategy.Custom) && masks != strategy) {
        throw new IllegalArgumentException(
            "masks: expected a configuration with the strategy custom, found " + strategy.text());
      }
      return new Pretrainer(
          new RunSettings(
              config,
              data,
              masks,
              source,
              run,
              devices,
              new Repeatability(deterministic, threads),
              workers,
              maxCorrupt,
              logEvery,
              checkpointEvery,
              retention,
              force,
              maxSteps,
              tail,
              progress));
    }
  }
}
