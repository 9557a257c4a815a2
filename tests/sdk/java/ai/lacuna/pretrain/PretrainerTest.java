package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.masking.ExplicitMask;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.MaskSamplers;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.PatchGrid;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.masking.RatioSchedule;
import ai.lacuna.masking.WindowMask;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.run.TrainingRun;
import ai.lacuna.train.AdamW;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class PretrainerTest {
  private static final int BATCH = NoiseImages.BATCH;
  private static final int STEPS_PER_EPOCH = NoiseImages.STEPS_PER_EPOCH;
  private static final PretrainConfig CONFIG = config(3, 0.75);

  private final Path directory;

  PretrainerTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static PretrainConfig config(int epochs, double maskRatio) {
    return config(epochs, new MaskPlan(maskRatio));
  }

  private static PretrainConfig config(int epochs, MaskPlan masking) {
    VitConfig vit = new VitConfig(8, 8, 1, 2, 16, 1, 2, 4, VitConfig.Positions.SIN_COS);
    PretrainConfig.Recipe recipe =
        new PretrainConfig.Recipe(epochs, 1, BATCH, 0.1, 0, AdamW.pretraining());
    return new PretrainConfig(
        vit,
        new DecoderConfig(8, 1, 2, 4),
        new Normalization(List.of(0.5), List.of(0.25)),
        masking,
        new Objective(false),
        recipe,
        new Augmentation(0.5, true),
        11);
  }

  private TrainingRun.Result run(String name, OptionalLong maxSteps, int workers)
      throws IOException {
    return run(CONFIG, name, maxSteps, workers);
  }

  private TrainingRun.Result run(
      PretrainConfig config, String name, OptionalLong maxSteps, int workers) throws IOException {
    PretrainerBuilder builder =
        Pretrainer.builder(config, new NoiseImages())
            .run(directory.resolve(name))
            .device(Device.cpu())
            .workers(workers)
            .logEvery(1);
    maxSteps.ifPresent(builder::maxSteps);
    return builder.build().run();
  }

  @Test
  void runsToTheEndOfItsRecipeAndLeavesARecord() throws IOException {
    TrainingRun.Result result = run("whole", OptionalLong.empty(), 1);
    assertEquals(3 * STEPS_PER_EPOCH, result.step());
    Path run = directory.resolve("whole");
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    assertEquals(12, lines.stream().filter(line -> line.contains("\"step\",")).count());
    assertEquals(3, lines.stream().filter(line -> line.contains("\"epoch\",")).count());
    assertTrue(Files.exists(run.resolve("environment.json")));
    assertEquals(CONFIG, PretrainConfig.fromJson(Files.readString(run.resolve("config.json"))));
    assertEquals(12, Checkpoint.newest(run).orElseThrow().state().step());
  }

  @Test
  void measuresEveryRecordedStepAndEpoch() throws IOException {
    run("measured", OptionalLong.empty(), 1);
    int measured = 0;
    for (String line : Files.readAllLines(directory.resolve("measured").resolve("metrics.jsonl"))) {
      JsonObject object = JsonParser.parseString(line).getAsJsonObject();
      if (object.get("kind").getAsString().equals("start")) {
        assertTrue(object.get("encoderFlops").getAsLong() > 0, line);
        continue;
      }
      if (object.get("kind").getAsString().equals("inspected")) {
        assertEquals(
            STEPS_PER_EPOCH * (object.get("epoch").getAsInt() + 1), object.get("step").getAsInt());
        continue;
      }
      measured++;
      JsonObject gauges = object.getAsJsonObject("gauges");
      assertTrue(gauges.get("gradientNorm").getAsDouble() > 0, line);
      double patches = 16 * object.get("imagesPerSecond").getAsDouble();
      assertEquals(patches, gauges.get("patchesPerSecond").getAsDouble(), 1e-6 * patches);
      JsonObject seconds = gauges.getAsJsonObject("secondsPerStep");
      for (String phase : List.of("load", "transfer", "forward", "backward", "step")) {
        assertTrue(seconds.get(phase).getAsDouble() > 0, line);
      }
      assertTrue(object.get("secondsLeft").getAsDouble() >= 0, line);
    }
    assertEquals(3 * STEPS_PER_EPOCH + 3, measured);
  }

  @Test
  void recordsWhatAnInspectionFindsAfterEachEpoch() throws IOException {
    Path run = directory.resolve("inspected");
    List<Integer> epochs = new ArrayList<>();
    Progress inspector =
        new Progress() {
          @Override
          public Map<String, Double> inspect(Epoch epoch, Supplier<NamedTensors> weights) {
            epochs.add(epoch.epoch());
            assertTrue(weights.get().find("cls_token").isPresent());
            return Map.of("sharpness", 2.5, "psnr", Double.POSITIVE_INFINITY);
          }
        };
    Pretrainer.builder(CONFIG, new NoiseImages())
        .run(run)
        .progress(Progress.of(List.of(Progress.silent(), inspector)))
        .maxSteps(STEPS_PER_EPOCH + 1)
        .build()
        .run();
    assertEquals(List.of(0, 1), epochs);
    assertEquals(
        List.of(
            "{\"kind\":\"validation\",\"epoch\":0,\"step\":4,\"sharpness\":2.5}",
            "{\"kind\":\"validation\",\"epoch\":1,\"step\":5,\"sharpness\":2.5}"),
        Files.readAllLines(run.resolve("metrics.jsonl")).stream()
            .filter(line -> line.contains("validation"))
            .toList());
  }

  @Test
  void stoppedAtAnyStepItResumesBitForBit() throws IOException {
    String whole = run("whole", OptionalLong.empty(), 1).weights().sha256();
    for (long step : new long[] {1, STEPS_PER_EPOCH - 1, STEPS_PER_EPOCH, 9}) {
      String name = "stopped-" + step;
      assertEquals(step, run(name, OptionalLong.of(step), 1).step());
      TrainingRun.Result resumed = run(name, OptionalLong.empty(), 1);
      assertEquals(whole, resumed.weights().sha256(), name);
      assertEquals(losses("whole"), losses(name), name);
      assertEquals(epochs("whole"), epochs(name), name);
      assertEquals(resumed.loss(), epochs(name).get(2).get("loss").getAsDouble(), name);
    }
  }

  /** What the last line of each epoch says of its steps. */
  private List<JsonObject> epochs(String name) throws IOException {
    TreeMap<Integer, JsonObject> epochs = new TreeMap<>();
    for (String line : Files.readAllLines(directory.resolve(name).resolve("metrics.jsonl"))) {
      JsonObject object = JsonParser.parseString(line).getAsJsonObject();
      if (object.get("kind").getAsString().equals("epoch")) {
        JsonObject shown = new JsonObject();
        List.of("epoch", "step", "loss", "learningRate", "skipped")
            .forEach(figure -> shown.add(figure, object.get(figure)));
        shown.add("norm", object.getAsJsonObject("gauges").get("gradientNorm"));
        epochs.put(object.get("epoch").getAsInt(), shown);
      }
    }
    return List.copyOf(epochs.values());
  }

  @Test
  void anEpochsFiguresCoverTheStepsBeforeAKill() throws IOException {
    run("whole", OptionalLong.empty(), 1);
    Progress dies =
        new Progress() {
          @Override
          public void onStep(Step step) {
            if (step.step() == 3) {
              throw new IllegalStateException("killed");
            }
          }
        };
    PretrainerBuilder builder =
        Pretrainer.builder(CONFIG, new NoiseImages())
            .run(directory.resolve("killed"))
            .device(Device.cpu())
            .checkpointEvery(1)
            .logEvery(1);
    assertThrows(IllegalStateException.class, builder.progress(dies).build()::run);
    assertEquals(2, Checkpoint.newest(directory.resolve("killed")).orElseThrow().state().step());
    run("killed", OptionalLong.empty(), 1);
    assertEquals(epochs("whole"), epochs("killed"));
  }

  /** Those of an older version do not know what their epoch added up to. */
  @Test
  void aCheckpointWithoutATallyIsGoneOnWith() throws IOException {
    String whole = run("whole", OptionalLong.empty(), 1).weights().sha256();
    run("old", OptionalLong.of(2), 1);
    Path state = directory.resolve("old").resolve("checkpoint-2").resolve("state.json");
    JsonObject json = JsonParser.parseString(Files.readString(state)).getAsJsonObject();
    assertEquals(2, json.remove("tally").getAsJsonObject().get("steps").getAsInt());
    Files.writeString(state, json.toString());
    assertEquals(whole, run("old", OptionalLong.empty(), 1).weights().sha256());
    assertTrue(epochs("old").get(0).get("loss").getAsDouble() > 0);
    assertEquals(epochs("whole").get(1), epochs("old").get(1));
  }

  @Test
  void aRampOfSalientMasksResumesBitForBit() throws IOException {
    PretrainConfig ramp =
        config(3, new MaskPlan(MaskStrategy.parse("saliency"), RatioSchedule.parse("0.3:0.75@2")));
    assertEquals(List.of(11, 7, 4), List.of(ramp.keep(0), ramp.keep(1), ramp.keep(2)));
    assertEquals(4, ramp.keep());
    String whole = run(ramp, "whole", OptionalLong.empty(), 1).weights().sha256();
    assertNotEquals(whole, run("uniform", OptionalLong.empty(), 1).weights().sha256());
    for (long step : new long[] {2, STEPS_PER_EPOCH, 10}) {
      String name = "stopped-" + step;
      assertEquals(step, run(ramp, name, OptionalLong.of(step), 2).step());
      assertEquals(whole, run(ramp, name, OptionalLong.empty(), 1).weights().sha256(), name);
      assertEquals(losses("whole"), losses(name), name);
    }
  }

  @Test
  void customMasksAreTheCallersAndOnlyWhereTheConfigurationSaysSo() throws IOException {
    PretrainConfig custom =
        config(2, new MaskPlan(new MaskStrategy.Custom("four"), RatioSchedule.parse("0.75")));
    PatchGrid grid = new PatchGrid(4, 4);
    Set<Integer> corners = Set.of(0, 3, 12, 15);
    Set<Integer> most = Set.of(1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14);
    TrainingRun.Result result =
        custom(custom, "custom", (g, keep) -> ExplicitMask.of(g, most)).build().run();
    assertEquals(2 * STEPS_PER_EPOCH, result.step());
    Pretrainer few = custom(custom, "few", (g, keep) -> ExplicitMask.of(g, corners)).build();
    assertMessage("expected 4 of 16 patches kept, found 12", few::run);
    assertMessage(
        "expected the masks in PretrainerBuilder.masks",
        Pretrainer.builder(custom, new NoiseImages()).run(directory.resolve("none"))::build);
    assertMessage(
        "expected a configuration with the strategy custom",
        custom(CONFIG, "random", (g, keep) -> new WindowMask(grid, keep))::build);
  }

  /** A mask that looks at its image may take as long as decoding it: no step waits for that. */
  @Test
  void masksAreDrawnByTheThreadsThatLoad() throws IOException {
    PretrainConfig custom =
        config(2, new MaskPlan(new MaskStrategy.Custom("seen"), RatioSchedule.parse("0.75")));
    Set<String> threads = ConcurrentHashMap.newKeySet();
    AtomicInteger drawn = new AtomicInteger();
    RandomMask random = new RandomMask(16, 4);
    MaskSamplers seen =
        (grid, keep) ->
            (seed, epoch, id, image) -> {
              threads.add(Thread.currentThread().getName());
              drawn.incrementAndGet();
              return random.sample(seed, epoch, id);
            };
    custom(custom, "threads", seen).build().run();
    assertEquals(Set.of("lacuna-loader"), threads);
    assertEquals(2 * STEPS_PER_EPOCH * NoiseImages.BATCH, drawn.get());
  }

  private PretrainerBuilder custom(PretrainConfig config, String name, MaskSamplers masks) {
    return Pretrainer.builder(config, new NoiseImages()).run(directory.resolve(name)).masks(masks);
  }

  private static void assertMessage(String expected, Executable call) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, call).getMessage());
    assertTrue(message.contains(expected), message);
  }

  @Test
  void theNumberOfLoaderThreadsChangesNothing() throws IOException {
    String one = run("one", OptionalLong.of(5), 1).weights().sha256();
    assertEquals(one, run("three", OptionalLong.of(5), 3).weights().sha256());
  }

  @Test
  void stopsWhenAskedToWithACheckpoint() throws IOException {
    Path run = directory.resolve("asked");
    Pretrainer[] self = new Pretrainer[1];
    self[0] =
        Pretrainer.builder(CONFIG, new NoiseImages())
            .run(run)
            .logEvery(1)
            .progress(
                new Progress() {
                  @Override
                  public void onStep(Progress.Step step) {
                    if (step.step() == 2) {
                      self[0].stop();
                    }
                  }
                })
            .build();
    assertEquals(2, self[0].run().step());
    assertEquals(2, Checkpoint.newest(run).orElseThrow().state().step());
  }

  @Test
  void keepsTwoCheckpointsAndNoLeftovers() throws IOException {
    run("kept", OptionalLong.empty(), 1);
    try (var entries = Files.list(directory.resolve("kept"))) {
      List<String> names =
          entries
              .map(path -> path.getFileName().toString())
              .filter(name -> name.contains("checkpoint"))
              .sorted()
              .toList();
      assertEquals(List.of("checkpoint-12", "checkpoint-8"), names);
    }
  }

  @Test
  void refusesToResumeUnderAnotherConfiguration() throws IOException {
    run("run", OptionalLong.of(1), 1);
    Pretrainer other =
        Pretrainer.builder(config(3, 0.5), new NoiseImages()).run(directory.resolve("run")).build();
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, other::run);
    assertTrue(refused.toString().contains("ratio"), refused.toString());
  }

  @Test
  void refusesDataSmallerThanABatch() {
    PretrainConfig.Recipe recipe =
        new PretrainConfig.Recipe(2, 1, 64, 1e-3, 0, AdamW.pretraining());
    Pretrainer pretrainer =
        Pretrainer.builder(CONFIG.withRecipe(recipe), new NoiseImages())
            .run(directory.resolve("small"))
            .build();
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, pretrainer::run).getMessage());
    assertTrue(message.contains("batch of 64") && message.contains("26"), message);
    assertFalse(Files.exists(directory.resolve("small")));
  }

  @Test
  void aLossThatIsNotFiniteNamesTheStepAndKeepsTheCheckpoint() throws IOException {
    PretrainConfig.Recipe wild =
        new PretrainConfig.Recipe(3, 0, BATCH, 1e30, 0, AdamW.pretraining());
    Path run = directory.resolve("wild");
    Pretrainer pretrainer =
        Pretrainer.builder(CONFIG.withRecipe(wild), new NoiseImages())
            .run(run)
            .checkpointEvery(1)
            .build();
    String message =
        String.valueOf(assertThrows(IllegalStateException.class, pretrainer::run).getMessage());
    assertTrue(message.startsWith("step "), message);
    assertTrue(Checkpoint.newest(run).isPresent());
  }

  private String losses(String name) throws IOException {
    StringBuilder losses = new StringBuilder();
    for (String line : Files.readAllLines(directory.resolve(name).resolve("metrics.jsonl"))) {
      if (line.contains("\"step\",")) {
        losses.append(line.replaceAll(",\"learningRate.*", "")).append('\n');
      }
    }
    return losses.toString();
  }
}
