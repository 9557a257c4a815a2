package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.instruments.Flops;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.RatioSchedule;
import ai.lacuna.run.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run with a schedule of the mask ratio records. */
class RampRecordTest {
  private static final double ROUNDING = 1e-9;

  private final Path run;

  RampRecordTest(@TempDir Path directory) {
    this.run = directory.resolve("run");
  }

  private static PretrainConfig ramp() {
    PretrainConfig config = NoiseImages.config(3);
    return new PretrainConfig(
        config.vit(),
        config.decoder(),
        config.normalization(),
        new MaskPlan(new MaskStrategy.Random(), RatioSchedule.parse("0.3:0.75@2")),
        config.objective(),
        config.recipe(),
        config.augmentation(),
        config.seed(),
        config.numerics());
  }

  @Test
  void namesEachEpochsRatioAndCountsItsOperations() throws IOException {
    List<Progress.Epoch> epochs = new ArrayList<>();
    Progress progress =
        new Progress() {
          @Override
          public void onEpoch(Progress.Epoch epoch) {
            epochs.add(epoch);
          }
        };
    PretrainConfig config = ramp();
    Pretrainer.builder(config, new NoiseImages())
        .run(run)
        .logEvery(1)
        .progress(progress)
        .build()
        .run();
    assertEquals(3, epochs.size());
    int[] visible = {11, 7, 4};
    for (Progress.Epoch epoch : epochs) {
      int keep = visible[epoch.epoch()];
      assertEquals(1 - keep / 16.0, epoch.gauges().maskRatio(), ROUNDING);
      double operations = epoch.gauges().flopsPerSecond() / epoch.imagesPerSecond();
      assertEquals((double) Flops.of(config.network(keep)).training(), operations, 1);
    }
    assertTrue(Flops.of(config.network(11)).training() > Flops.of(config.network(4)).training());
  }
}
