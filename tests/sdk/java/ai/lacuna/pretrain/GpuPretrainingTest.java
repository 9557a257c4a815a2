package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.engine.Determinism;
import ai.lacuna.engine.Devices;
import ai.lacuna.graph.Precision;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.train.Numerics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on a GPU beside the same runs on the CPU. */
@Tag("gpu")
class GpuPretrainingTest {
  private static final int STEPS = 10;
  private static final Device GPU = Device.gpu(0);

  /** Of ten steps in float32, whose sums are in another order. */
  private static final double ORDER = 1e-4;

  /** Of ten steps with products of 8 bits' precision. */
  private static final double LOW = 0.03;

  /** Of ten steps of which the first ones may overflow with the scale that losses begin with. */
  private static final double SKIPPED = 0.1;

  private final Path directory;

  GpuPretrainingTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private PretrainerBuilder builder(String run, Numerics numerics, Device... devices) {
    return Pretrainer.builder(NoiseImages.config(3).withNumerics(numerics), new NoiseImages())
        .run(directory.resolve(run))
        .devices(List.of(devices))
        .logEvery(1)
        .maxSteps(STEPS);
  }

  private List<Progress.Step> steps(String run, Numerics numerics, Device... devices)
      throws IOException {
    List<Progress.Step> steps = new ArrayList<>();
    builder(run, numerics, devices)
        .progress(
            new Progress() {
              @Override
              public void onStep(Step step) {
                steps.add(step);
              }
            })
        .build()
        .run();
    assertEquals(STEPS, steps.size());
    return steps;
  }

  private static void assertClose(
      List<Progress.Step> expected, List<Progress.Step> found, double tolerance) {
    for (int i = 0; i < STEPS; i++) {
      double relative = found.get(i).loss() / expected.get(i).loss() - 1;
      assertTrue(Math.abs(relative) < tolerance, "step " + (i + 1) + ": off by " + relative);
    }
  }

  @Test
  void stepsAreThoseOfTheCpu() throws IOException {
    List<Progress.Step> cpu = steps("cpu", Numerics.plain(), Device.cpu());
    assertClose(cpu, steps("gpu", Numerics.plain(), GPU), ORDER);
    assertClose(cpu, steps("two", Numerics.plain(), GPU, GPU), ORDER);
    Numerics parts = Numerics.plain().withAccumulation(3).withCheckpointActivations(true);
    assertClose(cpu, steps("parts", parts, GPU), ORDER);
    Numerics bfloat16 = Numerics.plain().withPrecision(Precision.BFLOAT16).withClipNorm(10);
    assertClose(cpu, steps("bfloat16", bfloat16, GPU), LOW);
    Numerics float16 = Numerics.plain().withPrecision(Precision.FLOAT16);
    List<Progress.Step> half = steps("float16", float16, GPU);
    assertClose(cpu, half, SKIPPED);
    assertTrue(half.get(STEPS - 1).gauges().lossScale() >= 4096, half.toString());
  }

  @Test
  void sayHowMuchOfTheGpusMemoryIsInUse() throws IOException {
    List<Progress.Step> steps = steps("memory", Numerics.plain(), GPU);
    assertTrue(steps.get(STEPS - 1).gauges().deviceMiB() > 0, steps.toString());
    assertTrue(Devices.memoryUsed(GPU).orElseThrow() > 0);
  }

  @Test
  void goOnBitForBitWhenTheyAreDeterministic() throws IOException {
    try {
      deterministic("whole", STEPS);
      for (int stop : new int[] {3, 7, STEPS}) {
        deterministic("stopped", stop);
      }
      assertEquals(end("whole"), end("stopped"));
    } finally {
      Determinism.set(false);
    }
  }

  private void deterministic(String run, int steps) throws IOException {
    builder(run, Numerics.plain(), GPU).deterministic(true).maxSteps(steps).build().run();
  }

  private List<String> end(String run) throws IOException {
    Checkpoint end = Checkpoint.newest(directory.resolve(run)).orElseThrow();
    return List.of(end.weights().sha256(), end.optimizer().sha256());
  }
}
