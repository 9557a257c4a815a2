package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.masking.MaskSamplers;
import ai.lacuna.train.LossTail;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a run computes, and where and how it does.
 *
 * @param masks the configuration's, or the caller's
 * @param maxCorrupt the greatest share of damaged images, 0 to 1
 * @param source how the data can be found again
 * @param devices a replica of the network each; the first one holds the optimizer
 * @param repeatability what is fixed of the machine
 * @param logEvery steps between two records
 * @param checkpointEvery steps between two checkpoints besides the epochs' ends; 0 for none
 * @param retention which checkpoints stay
 * @param force whether a run may go on under another configuration
 * @param maxSteps where to end early
 * @param tail completes the graph's loss
 */
record RunSettings(
    PretrainConfig config,
    ImageDataset data,
    MaskSamplers masks,
    String source,
    Path run,
    List<Device> devices,
    Repeatability repeatability,
    int workers,
    double maxCorrupt,
    int logEvery,
    int checkpointEvery,
    Retention retention,
    boolean force,
    OptionalLong maxSteps,
    LossTail.Factory tail,
    Progress progress) {

  /** The device that holds the optimizer. */
  Device device() {
    return devices.get(0);
  }

  /** Whether the limit of steps ends the run there. */
  boolean isLast(long step) {
    return maxSteps.isPresent() && step >= maxSteps.getAsLong();
  }

  /** Whole batches of an epoch; 0 if the data is smaller than one. */
  int batches() {
    return data.size() / config.recipe().batchSize();
  }
}
