package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.run.Progress;
import ai.lacuna.vit.DecoderConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run asks of whoever goes on with it. */
class ResumeTest {
  private static final PretrainConfig CONFIG = NoiseImages.config(3);

  private final Path run;

  ResumeTest(@TempDir Path directory) {
    this.run = directory.resolve("run");
  }

  private PretrainerBuilder builder(PretrainConfig config, ImageDataset data) {
    return Pretrainer.builder(config, data).run(run).logEvery(1);
  }

  private static PretrainConfig faster() {
    PretrainConfig.Recipe recipe = CONFIG.recipe();
    return CONFIG.withRecipe(
        new PretrainConfig.Recipe(
            recipe.epochs(), recipe.warmupEpochs(), recipe.batchSize(), 0.2, 0, recipe.adamW()));
  }

  private static String refusal(Pretrainer pretrainer) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, pretrainer::run).getMessage());
  }

  @Test
  void namesEachFieldThatDiffersWithBothValues() throws IOException {
    builder(CONFIG, new NoiseImages()).maxSteps(2).build().run();
    String message = refusal(builder(faster(), new NoiseImages()).build());
    assertTrue(message.contains("recipe.baseLearningRate: there 0.1, here 0.2;"), message);
    assertFalse(message.contains("recipe.epochs"), message);
    assertTrue(message.endsWith("or --force (in Java force(true))"), message);
  }

  @Test
  void refusesDataOfAnotherSize() throws IOException {
    builder(CONFIG, new NoiseImages()).maxSteps(2).build().run();
    String message = refusal(builder(CONFIG, new NoiseImages(25)).build());
    assertTrue(message.contains("data.images: there 26, here 25"), message);
  }

  @Test
  void forcedItGoesOnAndRecordsWhatChanged() throws IOException {
    builder(CONFIG, new NoiseImages()).maxSteps(2).build().run();
    assertEquals(12, builder(faster(), new NoiseImages()).force(true).build().run().step());
    String metrics = Files.readString(run.resolve("metrics.jsonl"));
    assertTrue(
        metrics.contains(
            "{\"kind\":\"configuration\",\"step\":2,"
                + "\"changes\":[\"recipe.baseLearningRate: there 0.1, here 0.2\"]}"),
        metrics);
    assertEquals(faster(), PretrainConfig.fromJson(Files.readString(run.resolve("config.json"))));
  }

  /** What the directory claims to be is never newer than what the record says of its past. */
  @Test
  void recordsWhatChangedBeforeAnythingElseCanFail() throws IOException {
    builder(CONFIG, new NoiseImages()).maxSteps(2).build().run();
    Path file = run.resolve("environment.json");
    Path aside = Files.move(file, run.resolve("aside.json"));
    Files.createDirectory(file);
    Pretrainer failing = builder(faster(), new NoiseImages()).force(true).build();
    assertThrows(IOException.class, failing::run);
    Files.delete(file);
    Files.move(aside, file);
    assertEquals(12, builder(faster(), new NoiseImages()).build().run().step());
    String metrics = Files.readString(run.resolve("metrics.jsonl"));
    assertTrue(
        metrics.contains("\"changes\":[\"recipe.baseLearningRate: there 0.1, here 0.2\"]"),
        metrics);
  }

  @Test
  void noForceMakesAnotherNetworkOfIt() throws IOException {
    builder(CONFIG, new NoiseImages()).maxSteps(2).build().run();
    PretrainConfig wider =
        new PretrainConfig(
            CONFIG.vit(),
            new DecoderConfig(12, 1, 2, 4),
            CONFIG.normalization(),
            CONFIG.masking(),
            CONFIG.objective(),
            CONFIG.recipe(),
            CONFIG.augmentation(),
            CONFIG.seed());
    String message = refusal(builder(wider, new NoiseImages()).force(true).build());
    assertTrue(message.contains("holds a run of another network"), message);
    assertTrue(message.contains("decoder_blocks.0.attn.proj.bias: there [8], here [12]"), message);
    assertEquals(CONFIG, PretrainConfig.fromJson(Files.readString(run.resolve("config.json"))));
  }

  @Test
  void aSecondProcessIsTurnedAway() throws IOException {
    String[] message = {""};
    Progress intruder =
        new Progress() {
          @Override
          public void onStep(Step step) {
            message[0] = refusal(builder(CONFIG, new NoiseImages()).build());
          }
        };
    builder(CONFIG, new NoiseImages()).maxSteps(1).progress(intruder).build().run();
    assertTrue(message[0].contains("another process is training there"), message[0]);
  }

  @Test
  void anotherEnvironmentIsRecorded() throws IOException {
    builder(CONFIG, new NoiseImages()).maxSteps(2).build().run();
    Path file = run.resolve("environment.json");
    Files.writeString(file, Files.readString(file).replace("PyTorch", "Another engine"));
    builder(CONFIG, new NoiseImages()).maxSteps(3).build().run();
    String metrics = Files.readString(run.resolve("metrics.jsonl"));
    assertTrue(metrics.contains("{\"kind\":\"environment\",\"step\":2,"), metrics);
  }
}
