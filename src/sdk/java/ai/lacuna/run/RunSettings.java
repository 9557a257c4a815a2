package ai.lacuna.run;

import ai.djl.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * Where a run is computed, and how; nothing here decides what comes out.
 *
 * @param run the run's directory
 * @param source how the data can be found again
 * @param devices a replica of the network each; the first one holds the optimizer
 * @param repeatability what is fixed of the machine
 * @param workers threads that load images
 * @param maxCorrupt the greatest share of damaged images, 0 to 1
 * @param logEvery steps between two records
 * @param checkpointEvery steps between two checkpoints besides the epochs' ends; 0 for none
 * @param retention which checkpoints stay
 * @param force whether a run may go on under another configuration
 * @param maxSteps where to end early
 * @param progress watches
 */
public record RunSettings(
    Path run,
    String source,
    List<Device> devices,
    Repeatability repeatability,
    int workers,
    double maxCorrupt,
    int logEvery,
    int checkpointEvery,
    Retention retention,
    boolean force,
    OptionalLong maxSteps,
    Progress progress) {

  /** The same with another watcher. */
  public RunSettings withProgress(Progress other) {
    return new RunSettings(
        run,
        source,
        devices,
        repeatability,
        workers,
        maxCorrupt,
        logEvery,
        checkpointEvery,
        retention,
        force,
        maxSteps,
        other);
  }

  /** The device that holds the optimizer. */
  public Device device() {
    return devices.get(0);
  }

  /** Whether the limit of steps ends the run there. */
  boolean isLast(long step) {
    return maxSteps.isPresent() && step >= maxSteps.getAsLong();
  }
}
