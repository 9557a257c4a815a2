package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.run.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
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
}
