package ai.lacuna.pretrain;

import static ai.lacuna.train.Numerics.OnNonFinite.FAIL;
import static ai.lacuna.train.Numerics.OnNonFinite.ROLLBACK;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.graph.Precision;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.run.NonFiniteException;
import ai.lacuna.run.Progress;
import ai.lacuna.train.Numerics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
  private final Path run;

  ReplayTest(@TempDir Path directory) {
    this.run = directory.resolve("run");
  }

  private void train(int logEvery) throws IOException {
    Pretrainer.builder(NoiseImages.config(3), new NoiseImages())
        .run(run)
        .logEvery(logEvery)
        .build()
        .run();
  }

  private Replay.Replayed replay(long step) throws IOException {
    return Replay.of(run, step, new NoiseImages(), Device.cpu(), Progress.silent());
  }

  @Test
  void aStepAfterACheckpointHasTheRecordedLossBitForBit() throws IOException {
    train(1);
    Replay.Replayed step = replay(10);
    assertEquals(8, step.from());
    assertEquals(2, step.epoch());
    assertTrue(step.same(), step.toString());
  }

  @Test
  void aStepBeforeEveryCheckpointIsTrainedFromTheSeed() throws IOException {
    train(1);
    Replay.Replayed step = replay(3);
    assertEquals(0, step.from());
    assertTrue(step.same(), step.toString());
  }

  @Test
  void givesTheBatchAndMasksOfTheStep() throws IOException {
    train(1);
    Replay.Replayed step = replay(6);
    PretrainConfig config = NoiseImages.config(3);
    long[] order =
        Arrays.stream(
                CounterRandom.of(config.seed(), 1, 0, CounterRandom.Purpose.ORDER)
                    .permutation(NoiseImages.IMAGES))
            .asLongStream()
            .toArray();
    assertArrayEquals(
        Arrays.copyOfRange(order, NoiseImages.BATCH, 2 * NoiseImages.BATCH), step.batch().ids());
    assertEquals(NoiseImages.BATCH, step.masks().size());
    assertEquals(4, step.masks().get(0).keep());
  }

  @Test
  void aStepThatWasNotRecordedIsStillComputed() throws IOException {
    train(5);
    Replay.Replayed step = replay(7);
    assertTrue(step.recorded().isEmpty());
    assertFalse(step.same());
    assertTrue(Double.isFinite(step.loss()));
  }

  /** As a disk without room leaves the record of a run. */
  @Test
  void aLineThatIsHalfWrittenIsNone() throws IOException {
    train(1);
    Path record = run.resolve("metrics.jsonl");
    for (String half :
        List.of("{\"kind\":\"step\",\"epoch\":2,\"st", "{\"kind\":\"configuration\",")) {
      Files.writeString(record, Files.readString(record) + half);
      assertTrue(replay(10).same(), half);
      Files.writeString(record, Files.readString(record) + "\n");
    }
  }

  @Test
  void namesTheRangeOfSteps() throws IOException {
    train(1);
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, () -> replay(13)).getMessage());
    assertTrue(message.startsWith("step: expected 1 to 12"), message);
  }

  @Test
  void refusesOtherData() throws IOException {
    train(1);
    NoiseImages fewer = new NoiseImages(25);
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Replay.of(run, 2, fewer, Device.cpu(), Progress.silent()))
                .getMessage());
    assertTrue(message.contains("data.images: there 26, here 25"), message);
  }

  private PretrainerBuilder builder(PretrainConfig config) {
    return Pretrainer.builder(config, new NoiseImages()).run(run).logEvery(1);
  }

  private String refusal(long step) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> replay(step)).getMessage());
  }

  /** Sums over parts and replicas are rounded in their order. */
  @Test
  void computesWithTheReplicasAndPartsOfTheRun() throws IOException {
    PretrainConfig parts =
        NoiseImages.config(2).withNumerics(new Numerics(Precision.BFLOAT16, 2, 0.5, false, FAIL));
    builder(parts).devices(List.of(Device.cpu(), Device.cpu())).build().run();
    assertTrue(replay(3).same(), replay(3).toString());
    assertTrue(replay(7).same(), replay(7).toString());
  }

  @Test
  void computesStepsSinceTheConfigurationChanged() throws IOException {
    builder(NoiseImages.config(3)).maxSteps(6).build().run();
    PretrainConfig other = NoiseImages.config(3).withNumerics(clipped());
    builder(other).force(true).build().run();
    // The two newest checkpoints are those of steps 8 and 12.
    assertTrue(replay(10).same(), replay(10).toString());
    for (long step : new long[] {3, 6, 7}) {
      String message = refusal(step);
      assertTrue(
          message.contains(
              "a checkpoint of step 6 or later, where the run went on under another configuration,"
                  + " found step "
                  + step
                  + "; of the steps that can be computed again there are those after 8"),
          message);
    }
  }

  private static Numerics clipped() {
    return new Numerics(Precision.FLOAT32, 1, 0.01, false, FAIL);
  }

  private static PretrainConfig exploding(Numerics.OnNonFinite onNonFinite) {
    PretrainConfig config = NoiseImages.config(3);
    PretrainConfig.Recipe recipe =
        new PretrainConfig.Recipe(3, 0, NoiseImages.BATCH, 1e30, 0, config.recipe().adamW());
    return config
        .withRecipe(recipe)
        .withNumerics(new Numerics(Precision.FLOAT32, 1, 0, false, onNonFinite));
  }

  @Test
  void aStepThatWasNotFiniteCanBeLookedAt() {
    String message =
        String.valueOf(
            assertThrows(NonFiniteException.class, () -> builder(exploding(FAIL)).build().run())
                .getMessage());
    assertTrue(message.contains("there is no checkpoint in " + run + " yet; lower"), message);
    Replay.Replayed step = assertDoesNotThrow(() -> replay(2));
    assertTrue(step.notFinite().startsWith("step 2: the loss is "), step.notFinite());
    assertTrue(Double.isNaN(step.loss()) && step.recorded().isEmpty());
    assertEquals(NoiseImages.BATCH, step.masks().size());
  }

  /** Each time the run went back its batch was another one; the first was left out later. */
  @Test
  void aBatchThatWasLeftOutIsComputedAsTheFirstTime() {
    String message =
        String.valueOf(
            assertThrows(NonFiniteException.class, () -> builder(exploding(ROLLBACK)).build().run())
                .getMessage());
    assertTrue(message.contains("after going back 3 times; the last checkpoint in "), message);
    for (long step : new long[] {2, 3, 4, 5}) {
      Replay.Replayed again = assertDoesNotThrow(() -> replay(step));
      assertTrue(again.notFinite().startsWith("step " + step + ": the loss is "), again.toString());
    }
  }

  @Test
  void damagedImagesAreTheRunsConcern() throws IOException {
    ImageDataset damaged =
        new ImageDataset() {
          @Override
          public int size() {
            return NoiseImages.IMAGES;
          }

          @Override
          public Sample get(int index) throws IOException {
            if (index < 3) {
              throw new IOException("damaged");
            }
            return new NoiseImages().get(index);
          }

          @Override
          public List<String> classNames() {
            return List.of();
          }

          @Override
          public String name() {
            return "damaged noise";
          }
        };
    Pretrainer.builder(NoiseImages.config(2), damaged)
        .run(run)
        .logEvery(1)
        .maxCorrupt(0.5)
        .build()
        .run();
    assertTrue(Replay.of(run, 7, damaged, Device.cpu(), Progress.silent()).same());
  }
}
