package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.run.Retention;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which checkpoints of a run are its best. */
class BestCheckpointsTest {
  private static final int EPOCHS = 4;

  private final Path run;

  BestCheckpointsTest(@TempDir Path directory) {
    this.run = directory.resolve("run");
  }

  private List<Long> train(Progress progress, int checkpointEvery) throws IOException {
    Pretrainer.builder(NoiseImages.config(EPOCHS), new NoiseImages())
        .run(run)
        .logEvery(1)
        .checkpointEvery(checkpointEvery)
        .retention(new Retention(1, 1))
        .progress(progress)
        .build()
        .run();
    return Checkpoint.all(run).stream().map(checkpoint -> checkpoint.state().step()).toList();
  }

  private static Progress validating(double... losses) {
    return new Progress() {
      @Override
      public Map<String, Double> inspect(Epoch epoch, Supplier<NamedTensors> weights) {
        return Map.of(LOSS, losses[epoch.epoch()]);
      }
    };
  }

  /** The training loss falls throughout. */
  @Test
  void heldOutImagesDecide() throws IOException {
    assertEquals(List.of(8L, 16L), train(validating(0.9, 0.2, 0.3, 0.4), 0));
    Checkpoint best = Checkpoint.all(run).get(0);
    assertEquals(0.2, best.score());
  }

  @Test
  void withoutThemTheLossOfTrainingDoes() throws IOException {
    assertEquals(List.of(16L), train(Progress.silent(), 0));
  }

  @Test
  void aCheckpointWithinAnEpochIsNotScored() throws IOException {
    double[] score = {0};
    Progress watch =
        new Progress() {
          @Override
          public void onStep(Step step) {
            if (step.step() == 7) {
              score[0] = newest().score();
            }
          }
        };
    assertEquals(List.of(16L), train(watch, 3));
    assertEquals(Double.NaN, score[0], "that of step 6");
  }

  private Checkpoint newest() {
    try {
      return Checkpoint.newest(run).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
