package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.augment.Mixing;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.graph.Precision;
import ai.lacuna.run.Progress;
import ai.lacuna.train.Numerics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning on a GPU beside the same steps on the CPU. */
@Tag("gpu")
class GpuFineTuningTest {
  private static final double ORDER = 1e-3;
  private static final double LOW = 0.05;

  private final Path directory;

  GpuFineTuningTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private List<Double> losses(Encoder encoder, String run, Device device, Numerics numerics)
      throws IOException {
    List<Double> losses = new ArrayList<>();
    Bars.tuner(encoder, directory.resolve(run))
        .plan(UnfreezePlan.parse("head@1, last2@1, all@1*0.5"))
        .augmentation(
            new FineTuneAugmentation(0.7, 1, true, "rand-m9-mstd0.5-inc1", 0.2, 0.25, Mixing.mae()))
        .dropPath(0.3)
        .patchDrop(0, 0.3, 0.5)
        .labelSmoothing(0.1)
        .averageWeights(0.9)
        .validation(new Bars(30, 1000, false))
        .numerics(numerics)
        .devices(List.of(device))
        .progress(
            new Progress() {
              @Override
              public void onStep(Step step) {
                losses.add(step.loss());
              }
            })
        .build()
        .run();
    assertEquals(15, losses.size());
    return losses;
  }

  private static void assertClose(List<Double> expected, List<Double> found, double tolerance) {
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i), found.get(i), tolerance, "step " + (i + 1));
    }
  }

  @Test
  void stepsAreThoseOfTheCpu() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      List<Double> cpu = losses(encoder, "cpu", Device.cpu(), Numerics.plain());
      assertClose(cpu, losses(encoder, "gpu", Device.gpu(0), Numerics.plain()), ORDER);
      Numerics low = Numerics.plain().withPrecision(Precision.BFLOAT16);
      assertClose(cpu, losses(encoder, "low", Device.gpu(0), low), LOW);
    }
  }

  @Test
  void aModelAnswersTheSameOnEitherDevice() throws IOException {
    Path run = directory.resolve("gpu");
    try (Encoder encoder = Bars.encoder()) {
      losses(encoder, "gpu", Device.gpu(0), Numerics.plain());
    }
    LabelledImages images = LabelledImages.of(new Bars(300, 1000, false));
    try (FineTuned gpu = FineTuned.load(run, Device.gpu(0));
        FineTuned cpu = FineTuned.load(run, Device.cpu())) {
      Scores scores = gpu.evaluate(images);
      assertEquals(cpu.evaluate(images).figure("loss"), scores.figure("loss"), ORDER);
      assertTrue(scores.figure("top1") > 0.4, scores.toString());
    }
  }
}
