package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.JpegReading;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.RateFinder.Curve;
import ai.lacuna.finetune.RateFinder.Point;
import ai.lacuna.graph.Precision;
import ai.lacuna.run.Progress;
import ai.lacuna.run.Repeatability;
import ai.lacuna.run.Retention;
import ai.lacuna.run.RunSettings;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RateFinderTest {
  private static final double SAME = 1e-12;

  private final Path directory;

  RateFinderTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private FineTunerBuilder builder(Encoder encoder, String plan) {
    return FineTuner.builder(encoder, new Bars(60))
        .batchSize(12)
        .rates(new RateRule.Flat())
        .plan(UnfreezePlan.parse(plan))
        .schedule(new RateSchedule.Constant())
        .augmentation(FineTuneAugmentation.none())
        .run(directory.resolve("none"));
  }

  private Curve curve(Encoder encoder, String plan) throws IOException {
    return builder(encoder, plan).build().findRate();
  }

  private static List<Double> losses(Curve curve) {
    return curve.points().stream().map(Point::loss).toList();
  }

  @Test
  void triesTheLayersOfTheWidestPhase() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      List<Double> all = losses(curve(encoder, "all@30"));
      assertEquals(all, losses(curve(encoder, "all@30, head@1, last1@3")));
      assertEquals(losses(curve(encoder, "last2@30")), losses(curve(encoder, "last2@30, head@2")));
      assertNotEquals(losses(curve(encoder, "head@30")), all);
    }
  }

  @Test
  void findsTheRateBeforeThePhasesFactor() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      Curve still = curve(encoder, "all@9*0.000000001");
      assertEquals(100, still.points().size());
      double last = still.points().get(99).loss();
      assertEquals(still.points().get(20).loss(), last, 0.05); // At most 1e-8: nothing is learned.
      assertTrue(Math.abs(losses(curve(encoder, "all@9")).get(70) - last) > 0.1);
    }
  }

  @Test
  void takesEpochsOfThatPhaseAndTheRunsPartsOfABatch() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuner tuner =
          builder(encoder, "head@2, all@3, head@1")
              .numerics(new Numerics(Precision.FLOAT32, 3, 0, false, Numerics.OnNonFinite.FAIL))
              .build();
      Watched task = new Watched(tuner.config(), encoder);
      RateFinder.find(task, tuner.config().recipe().plan(), settings());
      assertEquals(Set.of(3), task.counts);
      assertEquals(Set.of(2, 3, 4), task.epochs);
    }
  }

  private RunSettings settings() {
    return new RunSettings(
        directory,
        "bars",
        List.of(Device.cpu()),
        new Repeatability(false, 0),
        1,
        0,
        1,
        0,
        Retention.lastTwo(),
        false,
        OptionalLong.empty(),
        Progress.silent());
  }

  /** Fine-tuning that remembers what it is asked for. */
  private static final class Watched extends PlannedTask {
    private final FineTuneTask task;
    private final Set<Integer> counts = new TreeSet<>();
    private final Set<Integer> epochs = new TreeSet<>();

    Watched(FineTuneConfig config, Encoder encoder) throws IOException {
      super(
          new Settings(
              config.vit(),
              config.recipe(),
              config.numerics(),
              config.seed(),
              true,
              0,
              JpegReading.FULL),
          encoder.weights(),
          new Bars(60),
          config.augmentation().transform(config.preprocessing(), 60),
          config.program());
      ImageDataset bars = new Bars(60);
      task = new FineTuneTask(config, encoder.weights(), bars, Targets.classes(bars.classNames()));
    }

    @Override
    public String config() {
      return task.config();
    }

    @Override
    public List<String> differences(String there) {
      return task.differences(there);
    }

    @Override
    public List<Part> parts(int epoch, Batch batch, int count) {
      epochs.add(epoch);
      counts.add(count);
      return task.parts(epoch, batch, count);
    }

    @Override
    public Workload workload(int epoch) {
      return task.workload(epoch);
    }
  }

  private static Curve of(double... losses) {
    List<Point> points = new ArrayList<>();
    IntStream.range(0, losses.length)
        .forEach(i -> points.add(new Point(Math.pow(10, i - 4.0), losses[i])));
    return new Curve(points, 64);
  }

  @Test
  void suggestsTheMeanOfSteepestAndATenthOfTheMinimumAtABatchOf256() {
    Curve curve = of(3, 2.9, 2, 1, 0.9, 4); // Rates 1e-4 to 10: steepest at 1e-2, least at 1.
    assertTrue(curve.rises());
    assertEquals(1e-2, curve.steepest(), SAME);
    assertEquals(0.1, curve.minimumOverTen(), SAME);
    assertEquals(Math.sqrt(1e-3), curve.suggestedRate(), SAME);
    assertEquals(4 * Math.sqrt(1e-3), curve.suggestedBaseRate(), SAME);
  }

  @Test
  void aMinimumAtTheEndSaysNothing() {
    Curve curve = of(3, 2.9, 2, 1, 0.9, 0.8);
    assertFalse(curve.rises());
    assertEquals(4e-2, curve.suggestedBaseRate(), SAME);
    assertThrows(IllegalArgumentException.class, () -> of(1));
  }
}
