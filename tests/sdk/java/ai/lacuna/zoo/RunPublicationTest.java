package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.masking.MaskPlan;
import ai.lacuna.pretrain.Augmentation;
import ai.lacuna.pretrain.Checkpoint;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Objective;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunPublicationTest {
  private static final PretrainConfig CONFIG =
      new PretrainConfig(
          TinyEntries.CONFIG,
          TinyEntries.NETWORK.decoder(),
          TinyEntries.NETWORK.encoder().normalization(),
          MaskPlan.paper(),
          Objective.paper(),
          new PretrainConfig.Recipe(2, 1, 8, 1e-3, 0, AdamW.pretraining()),
          Augmentation.paper(),
          7);

  private final Path run;

  RunPublicationTest(@TempDir Path run) {
    this.run = run;
  }

  private NamedTensors write(int epochs) throws IOException {
    Files.writeString(run.resolve("config.json"), CONFIG.toJson());
    Files.writeString(run.resolve("environment.json"), "{\"device\": \"cpu\"}");
    Files.writeString(run.resolve("metrics.jsonl"), TinyEntries.LOG);
    NamedTensors weights = Weights.initial(CONFIG.network().program(), 3);
    Checkpoint.write(
        run, new Checkpoint.State(epochs, 0, 2L * epochs), weights, NamedTensors.empty());
    return weights;
  }

  @Test
  void publishesWhatARunHasLeft() throws IOException {
    NamedTensors weights = write(2);
    Path zoo = run.resolve("zoo");
    TinyEntries.writeAbout(zoo, "vit_tiny.run");
    ZooEntry entry = ZooPublisher.publish(zoo, Publication.ofRun("vit_tiny.run", run));

    assertEquals(weights.sha256(), entry.autoencoder().orElseThrow().weights().sha256());
    assertEquals(TinyEntries.PREPROCESSING, entry.preprocessing());
    assertEquals(TinyEntries.CONFIG, entry.config());
    assertEquals(new Training(2, 5400, 1.5, 0.75), entry.training());
    assertEquals(2, entry.trainingLog().lines().count());
    String card = ModelCard.of(entry);
    assertTrue(card.contains("| device | cpu |"), card);
    assertTrue(card.contains("| recipe.baseLearningRate | 0.001 |"), card);
  }

  @Test
  void refusesARunThatHasNotEnded() throws IOException {
    write(1);

    ZooException refusal =
        assertThrows(ZooException.class, () -> Publication.ofRun("vit_tiny.run", run));
    assertTrue(String.valueOf(refusal.getMessage()).contains("stopped in epoch 2; resume it"));
  }

  @Test
  void refusesARunWithoutCheckpoint() throws IOException {
    Files.writeString(run.resolve("config.json"), CONFIG.toJson());

    assertThrows(ZooException.class, () -> Publication.ofRun("vit_tiny.run", run));
  }
}
