package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.run.Retention;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

  /** Images that ask a run to stop before it has a batch of them. */
  private static ImageDataset stopping(List<Pretrainer> run) {
    ImageDataset images = new NoiseImages();
    return new ImageDataset() {
      @Override
      public int size() {
        return images.size();
      }

      @Override
      public Sample get(int index) throws IOException {
        run.forEach(Pretrainer::stop);
        return images.get(index);
      }

      @Override
      public List<String> classNames() {
        return images.classNames();
      }

      @Override
      public String name() {
        return images.name();
      }
    };
  }

  @Test
  void aRunThatGoesOnAndStopsAtOnceKeepsTheScore() throws IOException {
    Pretrainer.builder(NoiseImages.config(EPOCHS), new NoiseImages())
        .run(run)
        .maxSteps(8)
        .progress(validating(0.9, 0.2))
        .build()
        .run();
    assertEquals(0.2, newest().score());
    List<Pretrainer> self = new ArrayList<>();
    self.add(
        Pretrainer.builder(NoiseImages.config(EPOCHS), stopping(self))
            .run(run)
            .progress(validating(0.9, 0.2, 0.3, 0.4))
            .build());
    assertEquals(8, self.get(0).run().step());
    assertEquals(0.2, newest().score());
  }

  /** As where the disk is full, or the process is killed, while the report is written. */
  private static Progress endingWithin(long step, List<Map<String, Double>> seen) {
    return Progress.of(
        List.of(
            validating(0.9, 0.2, 0.3, 0.4),
            new Progress() {
              @Override
              public void onInspected(Epoch epoch, Map<String, Double> figures) throws IOException {
                seen.add(figures);
                if (epoch.step() == step) {
                  throw new IOException("no room for the report");
                }
              }
            }));
  }

  @Test
  void anInspectionThatWasCutShortIsEndedWhenTheRunGoesOn() throws IOException {
    List<Map<String, Double>> seen = new ArrayList<>();
    assertThrows(IOException.class, () -> train(endingWithin(8, seen), 0));
    assertEquals(8, newest().state().step());
    assertEquals(Double.NaN, newest().score());
    seen.clear();
    assertEquals(List.of(8L, 16L), train(endingWithin(0, seen), 0));
    assertEquals(0.2, Checkpoint.all(run).get(0).score());
    assertEquals(
        List.of(Map.of("loss", 0.2), Map.of("loss", 0.3), Map.of("loss", 0.4)), seen, "report too");
    assertEquals(
        EPOCHS,
        Files.readAllLines(run.resolve("metrics.jsonl")).stream()
            .filter(line -> line.contains("\"validation\""))
            .count());
    seen.clear();
    train(endingWithin(0, seen), 0);
    assertEquals(List.of(), seen, "it is done once");
  }

  /** The report of a run that a limit of steps ends within an epoch. */
  @Test
  void theInspectionAtALimitOfStepsIsEndedToo() throws IOException {
    List<Map<String, Double>> seen = new ArrayList<>();
    PretrainerBuilder builder =
        Pretrainer.builder(NoiseImages.config(EPOCHS), new NoiseImages()).run(run).maxSteps(6);
    assertThrows(IOException.class, () -> builder.progress(endingWithin(6, seen)).build().run());
    builder.progress(endingWithin(0, seen)).build().run();
    assertEquals(0.2, newest().score());
    assertEquals(3, seen.size(), "after steps 4 and 6, and again");
  }

  private Checkpoint newest() {
    try {
      return Checkpoint.newest(run).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
