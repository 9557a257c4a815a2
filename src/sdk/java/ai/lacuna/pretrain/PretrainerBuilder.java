package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.masking.MaskSamplers;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.train.LossTail;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Collects what a run needs: see {@link Pretrainer#builder}. */
public final class PretrainerBuilder {
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

  PretrainerBuilder(PretrainConfig config, ImageDataset data) {
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
  public PretrainerBuilder run(Path directory) {
    run = directory;
    return this;
  }

  /**
   * Sets the device.
   *
   * @param value CPU or a GPU
   * @return this
   */
  public PretrainerBuilder device(Device value) {
    return devices(List.of(value));
  }

  /**
   * Sets several devices: each holds a replica of the network and computes its share of every
   * batch; gradients are added, the first one holds the optimizer. A device may appear twice.
   *
   * @param values at least one
   * @return this
   */
  public PretrainerBuilder devices(List<Device> values) {
    devices = List.copyOf(values);
    return this;
  }

  /**
   * Sets whether libtorch uses deterministic algorithms only, and as many threads as the run began
   * with: then a run gives the same bits again on the same machine. It is set for the process.
   *
   * @param only whether it does; see {@link ai.lacuna.engine.Determinism}
   * @return this
   */
  public PretrainerBuilder deterministic(boolean only) {
    deterministic = only;
    return this;
  }

  /**
   * Sets how many threads one operation on a CPU uses. It is set for the process.
   *
   * @param count at least 1; 0 for libtorch's choice
   * @return this
   */
  public PretrainerBuilder threads(int count) {
    threads = count;
    return this;
  }

  /**
   * Sets how many threads load images; changes the speed only.
   *
   * @param count at least 1
   * @return this
   */
  public PretrainerBuilder workers(int count) {
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
  public PretrainerBuilder maxCorrupt(double share) {
    maxCorrupt = share;
    return this;
  }

  /**
   * Sets how many steps pass between two records.
   *
   * @param steps at least 1
   * @return this
   */
  public PretrainerBuilder logEvery(int steps) {
    logEvery = Math.max(1, steps);
    return this;
  }

  /**
   * Sets how many steps pass between two checkpoints, besides those at the end of epochs.
   *
   * @param steps at least 0; 0 for none
   * @return this
   */
  public PretrainerBuilder checkpointEvery(int steps) {
    checkpointEvery = steps;
    return this;
  }

  /**
   * Sets how the data can be found again; the run remembers it.
   *
   * @param text what {@link ImageDataset#open} takes; the data's name unless set
   * @return this
   */
  public PretrainerBuilder source(String text) {
    source = text;
    return this;
  }

  /**
   * Sets which checkpoints stay on disk.
   *
   * @param rule the two newest unless set
   * @return this
   */
  public PretrainerBuilder retention(Retention rule) {
    retention = rule;
    return this;
  }

  /**
   * Lets a run go on under another configuration; what changed is written to its record.
   *
   * @param value whether it may; without, a difference is an error
   * @return this
   */
  public PretrainerBuilder force(boolean value) {
    force = value;
    return this;
  }

  /**
   * Ends the run early.
   *
   * @param steps of the whole run
   * @return this
   */
  public PretrainerBuilder maxSteps(long steps) {
    maxSteps = OptionalLong.of(steps);
    return this;
  }

  /**
   * Sets who watches.
   *
   * @param watcher is called after steps and epochs
   * @return this
   */
  public PretrainerBuilder progress(Progress watcher) {
    progress = watcher;
    return this;
  }

  /**
   * Sets the masks of a configuration whose strategy is {@link MaskStrategy.Custom}: explicit ones,
   * or those of a caller's own map.
   *
   * @param own makes a sampler for each count of patches that the configuration's ratio passes
   * @return this
   */
  public PretrainerBuilder masks(MaskSamplers own) {
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
  public PretrainerBuilder perceptual(FrozenNetwork network) {
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
          "mask " + strategy.text() + ": expected the masks in PretrainerBuilder.masks");
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
