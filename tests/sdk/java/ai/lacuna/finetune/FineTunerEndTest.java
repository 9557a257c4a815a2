package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.encoder.Encoder;
import ai.lacuna.run.Progress;
import ai.lacuna.vit.HeadConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ends a run, and what cannot go on with one. */
class FineTunerEndTest {
  private final Path directory;

  FineTunerEndTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private FineTunerBuilder builder(Encoder encoder, String run) {
    return Bars.tuner(encoder, directory.resolve(run));
  }

  private static String strip(Exception e) {
    return String.valueOf(e.getMessage());
  }

  @Test
  void endsWhenNoBetterEpochComesAndStaysEnded() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      Path run = directory.resolve("patient");
      List<Integer> epochs = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        FineTuner.Result result =
            builder(encoder, "patient")
                .plan(UnfreezePlan.head(40))
                .learningRate(1e-9)
                .validation(new Bars(30, 1000, false))
                .patience(3)
                .progress(
                    new Progress() {
                      @Override
                      public void onEpoch(Progress.Epoch epoch) {
                        epochs.add(epoch.epoch());
                      }
                    })
                .build()
                .run();
        assertEquals(4 * 5, result.steps());
      }
      FineTuner other =
          builder(encoder, "patient")
              .plan(UnfreezePlan.head(41))
              .learningRate(1e-9)
              .validation(new Bars(30, 1000, false))
              .patience(3)
              .build();
      String message = strip(assertThrows(IllegalArgumentException.class, other::run));
      assertTrue(message.contains("recipe.plan: there"), message);
      assertEquals(List.of(0, 1, 2, 3), epochs);
      assertTrue(Files.exists(run.resolve(FineTuned.FILE)));
    }
  }

  /** Or a run that was stopped would end with other weights, or earlier, than one that was not. */
  @Test
  void anEpochThatIsNotWholeIsNeitherTheBestNorCounted() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuner.Result whole = judged(encoder, "whole").build().run();
      assertEquals(10, whole.steps());
      assertEquals(0, judged(encoder, "parts").maxSteps(3).build().run().epoch());
      for (int stop : new int[] {6, 7, 9}) {
        FineTuner.Result stopped = judged(encoder, "parts").maxSteps(stop).build().run();
        assertEquals(stop, stopped.steps());
        assertEquals(0, stopped.epoch());
      }
      FineTuner.Result parts = judged(encoder, "parts").build().run();
      assertEquals(whole.steps(), parts.steps());
      assertEquals(whole.epoch(), parts.epoch());
      assertEquals(whole.validation(), parts.validation());
      assertEquals(whole.weights().sha256(), parts.weights().sha256());
    }
  }

  private FineTunerBuilder judged(Encoder encoder, String run) {
    return builder(encoder, run)
        .plan(UnfreezePlan.head(40))
        .learningRate(1e-7)
        .validation(new Bars(30, 1000, false))
        .patience(1);
  }

  /** A head that is as good as it gets must not keep the plan from unfreezing what follows. */
  @Test
  void patienceBeginsWithTheLastPhase() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      for (int i = 0; i < 2; i++) {
        FineTuner.Result result =
            builder(encoder, "phases")
                .plan(UnfreezePlan.parse("head@5, last1@20"))
                .learningRate(1e-9)
                .validation(new Bars(30, 1000, false))
                .patience(3)
                .build()
                .run();
        assertEquals((5 + 3) * 5, result.steps());
      }
    }
  }

  @Test
  void theLastOfTwoValidationsCounts() throws IOException {
    Bars others = new Bars(30, 1000, false);
    try (Encoder encoder = Bars.encoder()) {
      assertEquals(
          5,
          builder(encoder, "given")
              .validationShare(0.5)
              .validation(others)
              .epochs(1)
              .build()
              .run()
              .steps(),
          "all 60 images are trained on, by 12");
      assertEquals(
          2,
          builder(encoder, "shared")
              .validationShare(0.2)
              .validationShare(0.5)
              .epochs(1)
              .build()
              .run()
              .steps(),
          "half of the images are trained on");
    }
  }

  @Test
  void anotherThreadCanStopIt() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      List<FineTuner> tuner = new ArrayList<>();
      tuner.add(
          builder(encoder, "stopped")
              .epochs(1000)
              .progress(
                  new Progress() {
                    @Override
                    public void onStep(Progress.Step step) {
                      if (step.step() == 7) {
                        Thread other = new Thread(() -> tuner.get(0).stop());
                        other.start();
                        try {
                          other.join();
                        } catch (InterruptedException e) {
                          throw new IllegalStateException(e);
                        }
                      }
                    }
                  })
              .build());
      assertEquals(7, tuner.get(0).run().steps());
    }
  }

  @Test
  void anotherHeadCannotGoOnWithARun() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      builder(encoder, "taken").epochs(1).build().run();
      FineTuner other = builder(encoder, "taken").epochs(1).pooling(HeadConfig.Pooling.CLS).build();
      String message = strip(assertThrows(IllegalArgumentException.class, other::run));
      assertTrue(message.contains("head.pooling: there \"MEAN\", here \"CLS\""), message);
    }
  }

  @Test
  void noForceMakesAHeadTellAnotherThing() throws IOException {
    Path run = directory.resolve("forced");
    Map<Long, float[]> labels = new HashMap<>();
    for (long i = 0; i < 60; i++) {
      labels.put(i, new float[] {i % 2, 1, 0});
    }
    LabelledImages other =
        new LabelledImages(new Bars(60), Targets.labels(List.of("odd", "all", "no"), labels));
    try (Encoder encoder = Bars.encoder()) {
      builder(encoder, "forced").epochs(1).build().run();
      String config = Files.readString(run.resolve("config.json"));
      for (int outputs = 2; outputs <= 3; outputs++) {
        List<String> names = other.targets().names().subList(0, outputs);
        Map<Long, float[]> fewer = new HashMap<>();
        int width = outputs;
        labels.forEach((id, row) -> fewer.put(id, Arrays.copyOf(row, width)));
        FineTuner tuner =
            FineTuner.builder(
                    encoder, new LabelledImages(other.images(), Targets.labels(names, fewer)))
                .batchSize(12)
                .epochs(2)
                .run(run)
                .force(true)
                .build();
        String message = strip(assertThrows(IllegalArgumentException.class, tuner::run));
        assertTrue(
            message.contains("names: there [\"flat\",\"upright\",\"none\"], here [\"odd\",\"all\""),
            message);
        assertTrue(message.contains("not even by force"), message);
      }
      assertEquals(config, Files.readString(run.resolve("config.json")));
      assertEquals(10, builder(encoder, "forced").epochs(2).force(true).build().run().steps());
    }
  }
}
