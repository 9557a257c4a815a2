package ai.lacuna.run;

import ai.djl.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * Collects where a run is computed, and how: what the builders of every kind of training share.
 *
 * @param <B> the builder's own type
 */
public abstract class RunBuilder<B extends RunBuilder<B>> {
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

  /**
   * Begins with the defaults: directory {@code run}, on the CPU, a checkpoint every epoch.
   *
   * @param source how the data can be found again, until it is set
   */
  protected RunBuilder(String source) {
    this.source = source;
  }

  /**
   * Returns this, in its own type.
   *
   * @return this
   */
  protected abstract B self();

  /**
   * Sets the run's directory; one that holds a run is resumed.
   *
   * @param directory the directory, made if need be
   * @return this
   */
  public B run(Path directory) {
    run = directory;
    return self();
  }

  /**
   * Sets the device.
   *
   * @param value CPU or a GPU
   * @return this
   */
  public B device(Device value) {
    return devices(List.of(value));
  }

  /**
   * Sets several devices: each holds a replica of the network and computes its share of every
   * batch; gradients are added, the first one holds the optimizer. A device may appear twice.
   *
   * @param values at least one
   * @return this
   */
  public B devices(List<Device> values) {
    devices = List.copyOf(values);
    return self();
  }

  /**
   * Sets whether libtorch uses deterministic algorithms only, and as many threads as the run began
   * with: then a run gives the same bits again on the same machine. It is set for the process.
   *
   * @param only whether it does; see {@link ai.lacuna.engine.Determinism}
   * @return this
   */
  public B deterministic(boolean only) {
    deterministic = only;
    return self();
  }

  /**
   * Sets how many threads one operation on a CPU uses. It is set for the process.
   *
   * @param count at least 1; 0 for libtorch's choice
   * @return this
   */
  public B threads(int count) {
    threads = count;
    return self();
  }

  /**
   * Sets how many threads load images; changes the speed only.
   *
   * @param count at least 1
   * @return this
   */
  public B workers(int count) {
    workers = count;
    return self();
  }

  /**
   * Sets the greatest share of images that may be damaged; others stand in for them, and the
   * epoch's record counts them. Fine-tuning and segmentation leave as many out of the images that
   * they judge epochs on.
   *
   * @param share 0, where the first one ends the run, to 1; 0.01 if not set. Judged over at least
   *     1,000 images, or an epoch if that is fewer
   * @return this
   */
  public B maxCorrupt(double share) {
    maxCorrupt = share;
    return self();
  }

  /**
   * Sets how many steps pass between two records.
   *
   * @param steps at least 1
   * @return this
   */
  public B logEvery(int steps) {
    logEvery = Math.max(1, steps);
    return self();
  }

  /**
   * Sets how many steps pass between two checkpoints, besides those at the end of epochs.
   *
   * @param steps at least 0; 0 for none
   * @return this
   */
  public B checkpointEvery(int steps) {
    checkpointEvery = steps;
    return self();
  }

  /**
   * Sets how the data can be found again; the run remembers it.
   *
   * @param text what {@link ai.lacuna.data.ImageDataset#open} takes; the data's name unless set
   * @return this
   */
  public B source(String text) {
    source = text;
    return self();
  }

  /**
   * Sets which checkpoints stay on disk.
   *
   * @param rule the two newest unless set
   * @return this
   */
  public B retention(Retention rule) {
    retention = rule;
    return self();
  }

  /**
   * Lets a run go on under another configuration; what changed is written to its record. The
   * network stays the same, and what its outputs mean.
   *
   * @param value whether it may; without, a difference is an error
   * @return this
   */
  public B force(boolean value) {
    force = value;
    return self();
  }

  /**
   * Ends the run early.
   *
   * @param steps of the whole run
   * @return this
   */
  public B maxSteps(long steps) {
    maxSteps = OptionalLong.of(steps);
    return self();
  }

  /**
   * Sets who watches.
   *
   * @param watcher is called after steps and epochs
   * @return this
   */
  public B progress(Progress watcher) {
    progress = watcher;
    return self();
  }

  /**
   * Returns what was collected.
   *
   * @return the settings
   */
  protected RunSettings settings() {
    return new RunSettings(
        run,
        source,
        devices,
        new Repeatability(deterministic, threads),
        workers,
        maxCorrupt,
        logEvery,
        checkpointEvery,
        retention,
        force,
        maxSteps,
        progress);
  }
}
