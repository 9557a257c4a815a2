package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.engine.Determinism;
import ai.lacuna.graph.Precision;
import ai.lacuna.loss.LossSum;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Gauges;
import ai.lacuna.run.NonFiniteException;
import ai.lacuna.run.Progress;
import ai.lacuna.run.Rollback;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Precision, parts, replicas and guards in whole runs. */
class RunNumericsTest {
  private static final int BATCH = 6;
  private static final int SIDE = 8;

  /** Losses of five steps whose sums are in another order. */
  private static final double ORDER = 1e-5;

  private final Path directory;

  RunNumericsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static PretrainConfig config(Numerics numerics, double rate) {
    return new PretrainConfig(
        new VitConfig(SIDE, SIDE, 1, 2, 16, 1, 2, 4, VitConfig.Positions.SIN_COS),
        new DecoderConfig(8, 1, 2, 4),
        new Normalization(List.of(0.5), List.of(0.25)),
        new MaskPlan(0.75),
        new Objective(false),
        new PretrainConfig.Recipe(3, 0, BATCH, rate, 0, AdamW.pretraining()),
        new Augmentation(1, false),
        11,
        numerics);
  }

  /** Noise of 24 images. */
  private record Noise() implements ImageDataset {
    @Override
    public int size() {
      return 4 * BATCH;
    }

    @Override
    public Sample get(int index) {
      byte[] pixels = new byte[SIDE * SIDE];
      new Random(index).nextBytes(pixels);
      return new Sample(index, Pixels.of(SIDE, SIDE, 1, pixels), Sample.NO_LABEL);
    }

    @Override
    public List<String> classNames() {
      return List.of();
    }

    @Override
    public String name() {
      return "noise";
    }
  }

  private List<Double> losses(String name, Numerics numerics, int replicas) throws IOException {
    List<Double> losses = new ArrayList<>();
    Pretrainer.builder(config(numerics, 0.05), new Noise())
        .run(directory.resolve(name))
        .devices(Collections.nCopies(replicas, Device.cpu()))
        .logEvery(1)
        .maxSteps(5)
        .progress(
            new Progress() {
              @Override
              public void onStep(Step step) {
                losses.add(step.loss());
              }
            })
        .build()
        .run();
    assertEquals(5, losses.size());
    return losses;
  }

  private static double difference(List<Double> a, List<Double> b) {
    double most = 0;
    for (int i = 0; i < a.size(); i++) {
      most = Math.max(most, Math.abs(a.get(i) / b.get(i) - 1));
    }
    return most;
  }

  @Test
  void partsReplicasAndRecomputationChangeNothing() throws IOException {
    List<Double> plain = losses("plain", Numerics.plain(), 1);
    List<Double> parts = losses("parts", Numerics.plain().withAccumulation(4), 1);
    List<Double> replicas = losses("replicas", Numerics.plain(), 2);
    List<Double> both =
        losses("both", Numerics.plain().withAccumulation(2).withCheckpointActivations(true), 2);
    assertTrue(difference(parts, plain) < ORDER, parts + " " + plain);
    assertTrue(difference(replicas, plain) < ORDER, replicas + " " + plain);
    assertTrue(difference(both, plain) < ORDER, both + " " + plain);
    assertNotEquals(plain.get(0), plain.get(4));
    String environment =
        Files.readString(directory.resolve("replicas").resolve("environment.json"));
    assertTrue(environment.contains("cpu,cpu"), environment);
  }

  @Test
  void aDeterministicRunSaysSoAndGoesOnWithItsThreads() throws IOException {
    int before = Determinism.threads();
    Path run = directory.resolve("deterministic");
    PretrainerBuilder builder =
        Pretrainer.builder(config(Numerics.plain(), 0.05), new Noise())
            .run(run)
            .deterministic(true);
    try {
      builder.threads(1).maxSteps(2).build().run();
      String environment = Files.readString(run.resolve("environment.json"));
      assertTrue(environment.contains("\"deterministic\": true"), environment);
      assertTrue(environment.contains("\"threads\": 1"), environment);
      assertTrue(Determinism.isOn());
      Determinism.threads(2);
      builder.threads(0).maxSteps(3).build().run();
      assertEquals(1, Determinism.threads());
      assertEquals(environment, Files.readString(run.resolve("environment.json")));
    } finally {
      Determinism.set(false);
      Determinism.threads(before);
    }
  }

  /** 65,536 times gradients of a loss that counts hundredfold is more than the type holds. */
  @Test
  void float16SaysItsLossScaleAndTheStepsItSkipped() throws IOException {
    PretrainConfig plain =
        config(new Numerics(Precision.FLOAT16, 1, 0, false, Numerics.OnNonFinite.FAIL), 0.05);
    PretrainConfig config =
        new PretrainConfig(
            plain.vit(),
            plain.decoder(),
            plain.normalization(),
            plain.masking(),
            new Objective(false, LossSum.parse("100*mse")),
            plain.recipe(),
            plain.augmentation(),
            plain.seed(),
            plain.numerics());
    List<Gauges> steps = new ArrayList<>();
    List<Gauges> epochs = new ArrayList<>();
    Progress watch =
        new Progress() {
          @Override
          public void onStep(Step step) {
            steps.add(step.gauges());
          }

          @Override
          public void onEpoch(Epoch epoch) {
            epochs.add(epoch.gauges());
          }
        };
    Pretrainer.builder(config, new Noise())
        .run(directory.resolve("half"))
        .logEvery(1)
        .progress(watch)
        .build()
        .run();
    assertEquals(1, steps.get(0).skippedSteps(), "the first scale is 65,536");
    assertEquals(32_768, steps.get(0).lossScale());
    double skipped = steps.stream().mapToDouble(Gauges::skippedSteps).sum();
    assertEquals(skipped, epochs.stream().mapToDouble(Gauges::skippedSteps).sum());
    double scale = steps.get(steps.size() - 1).lossScale();
    assertEquals(65_536, scale * Math.pow(2, skipped));
    assertTrue(skipped < steps.size(), "skipped " + skipped);
    Gauges last = epochs.get(epochs.size() - 1);
    assertTrue(last.gradientNorm() > 0 && Double.isFinite(last.gradientNorm()), last.toString());
  }

  @Test
  void bfloat16StaysNearFloat32() throws IOException {
    List<Double> plain = losses("plain", Numerics.plain(), 1);
    Numerics low = Numerics.plain().withPrecision(Precision.BFLOAT16);
    List<Double> losses = losses("low", low, 1);
    assertTrue(difference(losses, plain) < 0.02, losses + " " + plain);
    assertNotEquals(plain, losses);
  }

  @Test
  void clippingChangesTheStepsAfterTheFirstOne() throws IOException {
    List<Double> plain = losses("plain", Numerics.plain(), 1);
    List<Double> clipped = losses("clipped", Numerics.plain().withClipNorm(1e-9), 1);
    assertEquals(plain.get(0), clipped.get(0));
    assertTrue(difference(plain, clipped) > ORDER, plain + " " + clipped);
  }

  /** With this rate the weights leave float32 after a step or two, with half of it as well. */
  @Test
  void goesBackThreeTimesAtMost() throws IOException {
    List<Rollback> seen = new ArrayList<>();
    Path run = directory.resolve("wild");
    Pretrainer pretrainer = rollingBack(run, 1e30, OptionalLong.empty(), seen);
    NonFiniteException failure = assertThrows(NonFiniteException.class, pretrainer::run);
    assertEquals(3, seen.size());
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains("after going back 3 times"), message);
    assertTrue(Checkpoint.newest(run).isPresent());
  }

  @Test
  void goesOnFromTheCheckpointWithoutTheBatchAndWithHalfTheRate() throws IOException {
    Path run = directory.resolve("back");
    rollingBack(run, 0.05, OptionalLong.of(2), new ArrayList<>()).run();
    Files.writeString(
        run.resolve("rollbacks.json"),
        "[{'epoch':0,'batch':3,'failedStep':4,'step':2,'what':'loss'}]".replace('\'', '"'));
    assertEquals(6, rollingBack(run, 0.05, OptionalLong.of(6), new ArrayList<>()).run().step());
    List<String> steps =
        Files.readAllLines(run.resolve("metrics.jsonl")).stream()
            .filter(line -> line.contains("\"kind\":\"step\""))
            .toList();
    assertEquals(5, steps.size(), "steps 1 to 6 without the fourth");
    assertFalse(steps.toString().contains("\"step\":4,"), steps.toString());
  }

  @Test
  void writesTheCheckpointThatIsDueAtABatchThatIsLeftOut() throws IOException {
    Path run = directory.resolve("left");
    rollingBack(run, 0.05, OptionalLong.of(2), new ArrayList<>()).run();
    Files.writeString(
        run.resolve("rollbacks.json"),
        "[{'epoch':0,'batch':2,'failedStep':3,'step':2,'what':'loss'}]".replace('\'', '"'));
    List<Long> kept = new ArrayList<>();
    Progress progress =
        new Progress() {
          @Override
          public void onStep(Step step) {
            try (Stream<Path> files = Files.list(run)) {
              kept.add(files.filter(file -> file.endsWith("checkpoint-3")).count());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    Numerics numerics = Numerics.plain().withOnNonFinite(Numerics.OnNonFinite.ROLLBACK);
    Pretrainer.builder(config(numerics, 0.05), new Noise())
        .run(run)
        .checkpointEvery(1)
        .logEvery(1)
        .maxSteps(4)
        .progress(progress)
        .build()
        .run();
    assertEquals(List.of(1L), kept, "at step 4 the checkpoint of the third is there");
  }

  @Test
  void reportsTheRateOfAnEpochWhoseLastBatchesAreLeftOut() throws IOException {
    Path run = directory.resolve("rate");
    rollingBack(run, 0.05, OptionalLong.of(3), new ArrayList<>()).run();
    Files.writeString(
        run.resolve("rollbacks.json"),
        "[{'epoch':0,'batch':3,'failedStep':4,'step':3,'what':'loss'}]".replace('\'', '"'));
    rollingBack(run, 0.05, OptionalLong.of(4), new ArrayList<>()).run();
    String epoch =
        Files.readAllLines(run.resolve("metrics.jsonl")).stream()
            .filter(line -> line.contains("\"kind\":\"epoch\""))
            .reduce("", (before, line) -> line);
    assertTrue(epoch.contains("\"step\":4,"), epoch);
    assertFalse(epoch.contains("\"learningRate\":0.0,"), epoch);
  }

  private static Pretrainer rollingBack(
      Path run, double rate, OptionalLong most, List<Rollback> seen) {
    Numerics numerics = Numerics.plain().withOnNonFinite(Numerics.OnNonFinite.ROLLBACK);
    PretrainerBuilder builder =
        Pretrainer.builder(config(numerics, rate), new Noise())
            .run(run)
            .checkpointEvery(1)
            .logEvery(1)
            .progress(
                new Progress() {
                  @Override
                  public void onRollback(Rollback rollback) {
                    seen.add(rollback);
                  }
                });
    most.ifPresent(builder::maxSteps);
    return builder.build();
  }
}
