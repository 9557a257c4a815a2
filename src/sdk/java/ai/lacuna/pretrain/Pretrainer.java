package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Loader;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.MaskSampler;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
  private static final double NANOS = 1e9;

  private final PretrainConfig config;
  private final ImageDataset data;
  private final Path run;
  private final Device device;
  private final int workers;
  private final int logEvery;
  private final int checkpointEvery;
  private final OptionalLong maxSteps;
  private final Progress progress;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopping;

  private Pretrainer(Builder builder) {
    this.config = builder.config;
    this.data = builder.data;
    this.run = builder.run;
    this.device = builder.device;
    this.workers = builder.workers;
    this.logEvery = builder.logEvery;
    this.checkpointEvery = builder.checkpointEvery;
    this.maxSteps = builder.maxSteps;
    this.progress = builder.progress;
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
    int batches = data.size() / config.recipe().batchSize();
    if (batches == 0) {
      throw new IllegalArgumentException(
          data.name()
              + ": expected at least one batch of "
              + config.recipe().batchSize()
              + " images, found "
              + data.size()
              + "; choose a smaller batch size");
    }
    Files.createDirectories(run);
    claim();
    MaskedAutoencoder network = config.network();
    Optional<Checkpoint> newest = Checkpoint.newest(run);
    NamedTensors initial =
        newest.isPresent()
            ? newest.get().weights()
            : Weights.initial(network.program(), config.seed());
    try (Trainee trainee =
        new Trainee(network.program(), initial, config.recipe().adamW(), device)) {
      if (newest.isPresent()) {
        trainee.restoreOptimizer(newest.get().optimizer());
      }
      Checkpoint.State start = newest.map(Checkpoint::state).orElse(new Checkpoint.State(0, 0, 0));
      try (RunRecord record = RunRecord.open(run, start.step())) {
        return new Loop(trainee, record, batches).train(start);
      }
    }
  }

  /** Writes the configuration, or compares it with the one that is there. */
  private void claim() throws IOException {
    Path file = run.resolve("config.json");
    if (!Files.exists(file)) {
      Files.writeString(file, config.toJson());
      Environment.current(device).write(run.resolve("environment.json"));
      return;
    }
    PretrainConfig there = PretrainConfig.fromJson(Files.readString(file));
    if (!there.equals(config)) {
      throw new IllegalArgumentException(
          run
              + ": holds a run with another configuration: "
              + difference(there.toJson(), config.toJson())
              + "; choose another directory, or the settings of that run");
    }
  }

  private static String difference(String there, String here) {
    List<String> a = there.lines().map(String::strip).toList();
    List<String> b = here.lines().map(String::strip).toList();
    StringBuilder changed = new StringBuilder();
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      if (!a.get(i).equals(b.get(i))) {
        changed.append(changed.isEmpty() ? "" : "; ");
        changed.append("there ").append(a.get(i)).append(" here ").append(b.get(i));
      }
    }
    return changed.toString();
  }

  /** The state of one call of {@link #run}. */
  private final class Loop {
    private final Trainee trainee;
    private final RunRecord record;
    private final int batches;
    private final CosineSchedule schedule = config.recipe().schedule();
    private final MaskSampler masks = new RandomMask(config.vit().numPatches(), config.keep());
    private final RandomResizedCrop crop =
        new RandomResizedCrop(
            config.vit().imageHeight(),
            config.vit().imageWidth(),
            config.minCropScale(),
            1,
            Interpolation.BICUBIC,
            config.flip() ? 0.5 : 0);
    private double epochLoss = Double.NaN;

    Loop(Trainee trainee, RunRecord record, int batches) {
      this.trainee = trainee;
      this.record = record;
      this.batches = batches;
    }

    Result train(Checkpoint.State start) throws IOException {
      Checkpoint.State state = start;
      while (state.epoch() < config.recipe().epochs() && !isOver(state.step())) {
        state = epoch(state);
      }
      return new Result(trainee.weights(), state.step(), epochLoss);
    }

    private boolean isOver(long step) {
      return stopping || (maxSteps.isPresent() && step >= maxSteps.getAsLong());
    }

    private Checkpoint.State epoch(Checkpoint.State start) throws IOException {
      int epoch = start.epoch();
      long step = start.step();
      int batchSize = config.recipe().batchSize();
      double sum = 0;
      int count = 0;
      long began = System.nanoTime();
      long marked = began;
      int sinceMark = 0;
      double rate = 0;
      try (Loader loader =
          Loader.builder(data)
              .batchSize(batchSize)
              .seed(config.seed())
              .epoch(epoch)
              .startBatch(start.batch())
              .shuffle(true)
              .dropLast(true)
              .transform(crop)
              .workers(workers)
              .build()) {
        for (Batch batch : loader) {
          if (isOver(step)) {
            break;
          }
          rate = schedule.at(epoch + (double) batch.index() / batches);
          double loss = step(epoch, batch, rate);
          step++;
          sum += loss;
          count++;
          sinceMark++;
          if (step % logEvery == 0) {
            long now = System.nanoTime();
            double images = (double) sinceMark * batchSize;
            long total = (long) batches * config.recipe().epochs();
            Progress.Step measured =
                new Progress.Step(epoch, step, total, loss, rate, images * NANOS / (now - marked));
            record.write("step", measured);
            progress.onStep(measured);
            marked = now;
            sinceMark = 0;
          }
          if (checkpointEvery > 0 && step % checkpointEvery == 0) {
            save(position(epoch, batch.index() + 1, step));
          }
        }
      }
      Checkpoint.State state = position(epoch, start.batch() + count, step);
      if (count > 0) {
        double seconds = (System.nanoTime() - began) / NANOS;
        epochLoss = sum / count;
        Progress.Epoch measured =
            new Progress.Epoch(
                epoch, step, epochLoss, rate, (double) count * batchSize / seconds, seconds);
        record.write("epoch", measured);
        progress.onEpoch(measured);
      }
      save(state);
      return state;
    }

    private Checkpoint.State position(int epoch, int batch, long step) {
      return batch == batches
          ? new Checkpoint.State(epoch + 1, 0, step)
          : new Checkpoint.State(epoch, batch, step);
    }

    private double step(int epoch, Batch batch, double rate) {
      VitConfig vit = config.vit();
      Shape shape = new Shape(batch.size(), vit.imageHeight(), vit.imageWidth(), vit.channels());
      List<Mask> drawn =
          Arrays.stream(batch.ids())
              .mapToObj(id -> masks.sample(config.seed(), epoch, id))
              .toList();
      try (NDManager manager = trainee.newManager()) {
        NDArray images = manager.create(batch.images(), shape, DataType.UINT8);
        MaskArrays arrays = MaskArrays.of(manager, drawn);
        double loss =
            trainee.accumulate(
                "loss", images, arrays.idsKeep(), arrays.idsRestore(), arrays.removed());
        if (!Double.isFinite(loss)) {
          throw new IllegalStateException(
              "step "
                  + (trainee.steps() + 1)
                  + ": the loss is "
                  + loss
                  + "; the last checkpoint in "
                  + run
                  + " is good; lower the learning rate and resume from it");
        }
        trainee.step(rate);
        return loss;
      }
    }

    private void save(Checkpoint.State state) throws IOException {
      Checkpoint.write(run, state, trainee.weights(), trainee.optimizerState());
    }
  }

  /** Collects what a run needs. */
  public static final class Builder {
    private final PretrainConfig config;
    private final ImageDataset data;
    private Path run = Path.of("run");
    private Device device = Device.cpu();
    private int workers = 1;
    private int logEvery = 50;
    private int checkpointEvery;
    private OptionalLong maxSteps = OptionalLong.empty();
    private Progress progress = Progress.silent();

    private Builder(PretrainConfig config, ImageDataset data) {
      this.config = config;
      this.data = data;
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
      device = value;
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
     * Makes the pretrainer.
     *
     * @return ready to run
     */
    public Pretrainer build() {
      return new Pretrainer(this);
    }
  }
}
