package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.augment.Mixing;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.ParameterGroups;
import ai.lacuna.train.Trainee;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps are the same however they are interrupted, divided or computed. */
class FineTunerStepsTest {
  private static final double SAME = 1e-6;

  private final Path directory;

  FineTunerStepsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private FineTunerBuilder builder(Encoder encoder, String run) {
    return Bars.tuner(encoder, directory.resolve(run));
  }

  @Test
  void goesOnAsIfItHadNotStopped() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      NamedTensors whole = everything(encoder, "whole").build().run().weights();
      for (int stop : new int[] {3, 5, 8, 11}) {
        everything(encoder, "parts").maxSteps(stop).build().run();
      }
      NamedTensors parts = everything(encoder, "parts").build().run().weights();
      assertEquals(whole.sha256(), parts.sha256());
      assertEquals(
          Checkpoint.newest(directory.resolve("whole")).orElseThrow().optimizer().sha256(),
          Checkpoint.newest(directory.resolve("parts")).orElseThrow().optimizer().sha256());
    }
  }

  /** Nor does what was never trained take the memory of one. */
  @Test
  void onlyWhatAPhaseTrainsHasAGradient() throws IOException {
    Bars bars = new Bars(60);
    Targets targets = Targets.classes(bars.classNames());
    int[] arrays = new int[2];
    try (Encoder encoder = Bars.encoder()) {
      int frozen = 0;
      for (int i = 0; i < 2; i++) {
        String plan = i == 0 ? "head@1, all@1" : "all@1";
        FineTuneConfig config =
            builder(encoder, plan).plan(UnfreezePlan.parse(plan)).build().config();
        FineTuneTask task = new FineTuneTask(config, encoder.weights(), bars, targets);
        ParameterGroups first = new LayerGroups(config.program(), 3, config.recipe()).at(0);
        frozen +=
            (int)
                config.program().parameters().stream()
                    .filter(p -> p.trainable() && !first.settings().containsKey(p.name()))
                    .count();
        try (Trainee trainee = task.open(task.initialWeights(), List.of(Device.cpu()))) {
          arrays[i] = trainee.managedArrays();
        }
      }
      assertTrue(frozen > 30, "frozen " + frozen);
      // A gradient, and AdamW's mean, square and count.
      assertEquals(4 * frozen, arrays[1] - arrays[0]);
    }
  }

  /** Freezing, mixing, drop path, averaging and a cycle of rate and momentum at once. */
  private FineTunerBuilder everything(Encoder encoder, String run) {
    return builder(encoder, run)
        .plan(UnfreezePlan.parse("head@1, last2@1, all@1*0.5"))
        .schedule(new RateSchedule.OneCycle())
        .augmentation(
            new FineTuneAugmentation(0.7, 1, true, "rand-m9-mstd0.5-inc1", 0.2, 0.25, Mixing.mae()))
        .dropPath(0.3)
        .patchDrop(0, 0.3, 0.5)
        .labelSmoothing(0.1)
        .averageWeights(0.9);
  }

  @Test
  void partsOfABatchGiveTheStepOfTheWhole() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      List<Double> whole = losses(everything(encoder, "one"));
      List<Double> parts =
          losses(everything(encoder, "three").numerics(Numerics.plain().withAccumulation(3)));
      List<Double> replicas =
          losses(everything(encoder, "two").devices(List.of(Device.cpu(), Device.cpu())));
      for (int i = 0; i < whole.size(); i++) {
        assertEquals(whole.get(i), parts.get(i), 1e-4);
        assertEquals(whole.get(i), replicas.get(i), 1e-4);
      }
    }
  }

  @Test
  void computingActivationsAgainChangesNothingWhateverIsFrozen() throws IOException {
    Numerics again = Numerics.plain().withCheckpointActivations(true);
    try (Encoder encoder = Bars.encoder()) {
      List<Double> kept = losses(everything(encoder, "kept"));
      List<Double> computed = losses(everything(encoder, "again").numerics(again));
      for (int i = 0; i < kept.size(); i++) {
        assertEquals(kept.get(i), computed.get(i), 1e-4);
      }
      for (String plan : List.of("head@1", "last1@1", "last2@1", "last3@1", "all@1")) {
        NamedTensors weights = onePass(encoder, "plain " + plan, plan, Numerics.plain());
        NamedTensors found = onePass(encoder, "checkpointed " + plan, plan, again);
        for (NamedTensors.Entry entry : weights) {
          assertArrayEquals(
              entry.tensor().toFloats(),
              found.require(entry.name()).toFloats(),
              1e-5f,
              plan + " " + entry.name());
        }
      }
    }
  }

  private NamedTensors onePass(Encoder encoder, String run, String plan, Numerics numerics)
      throws IOException {
    return builder(encoder, run)
        .learningRate(0.01)
        .plan(UnfreezePlan.parse(plan))
        .numerics(numerics)
        .build()
        .run()
        .weights();
  }

  private static List<Double> losses(FineTunerBuilder builder) throws IOException {
    List<Double> losses = new ArrayList<>();
    builder
        .progress(
            new Progress() {
              @Override
              public void onStep(Progress.Step step) {
                losses.add(step.loss());
              }
            })
        .build()
        .run();
    assertEquals(15, losses.size());
    return losses;
  }

  @Test
  void theAverageIsTheNaiveOneOfTheStepsWeights() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      double decay = 0.5;
      NamedTensors begin = builder(encoder, "none").epochs(1).maxSteps(0L).build().run().weights();
      double[] average = doubles(begin, "head.weight");
      for (int step = 1; step <= 5; step++) {
        NamedTensors weights =
            builder(encoder, "step" + step).epochs(1).maxSteps(step).build().run().weights();
        double now = Math.min(decay, (1.0 + step) / (10.0 + step));
        double[] values = doubles(weights, "head.weight");
        for (int i = 0; i < average.length; i++) {
          average[i] = now * average[i] + (1 - now) * values[i];
        }
      }
      NamedTensors averaged =
          builder(encoder, "averaged").epochs(1).averageWeights(decay).build().run().weights();
      assertArrayEquals(average, doubles(averaged, "head.weight"), SAME);
    }
  }

  private static double[] doubles(NamedTensors weights, String name) {
    float[] values = weights.require(name).toFloats();
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
