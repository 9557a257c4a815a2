package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.pretrain.Augmentation;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Reconstructions;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Objective;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
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
    return write(CONFIG, epochs);
  }

  private NamedTensors write(PretrainConfig config, int epochs) throws IOException {
    Files.writeString(run.resolve("config.json"), config.toJson());
    Files.writeString(run.resolve("environment.json"), "{\"device\": \"cpu\"}");
    Files.writeString(run.resolve("metrics.jsonl"), TinyEntries.LOG);
    NamedTensors weights = Weights.initial(config.network().program(), 3);
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
  void publishesACrossDecoderThatStillDraws() throws IOException {
    DecoderConfig decoder =
        CONFIG
            .decoder()
            .with(DecoderConfig.Kind.CROSS)
            .with(DecoderConfig.MaskToken.GAUSSIAN)
            .with(DecoderConfig.Positions.SHARED);
    PretrainConfig config =
        new PretrainConfig(
            CONFIG.vit(),
            decoder,
            CONFIG.normalization(),
            CONFIG.masking(),
            CONFIG.objective(),
            CONFIG.recipe(),
            CONFIG.augmentation(),
            7);
    NamedTensors weights = write(config, 2);
    Path zoo = run.resolve("zoo");
    TinyEntries.writeAbout(zoo, "vit_tiny.run");
    ZooPublisher.publish(zoo, Publication.ofRun("vit_tiny.run", run));

    ZooAutoencoder read = Zoo.at(zoo).require("vit_tiny.run").autoencoder().orElseThrow();
    assertEquals(decoder, read.decoder());
    assertEquals(weights.sha256(), read.weights().sha256());
    try (Reconstructions pictures = new Reconstructions(config, read.weights(), Device.cpu())) {
      byte[] bytes = new byte[64];
      new Random(2).nextBytes(bytes);
      Pixels image = Pixels.of(8, 8, 1, bytes);
      Reconstructions.Reconstruction drawn = pictures.of(List.of(image), 1).get(0);
      assertTrue(Double.isFinite(drawn.loss()) && drawn.loss() > 0, "loss " + drawn.loss());
      assertFalse(Arrays.equals(image.data(), drawn.reconstructed().data()));
    }
  }

  @Test
  void readsTheDecoderOfTheFirstEntries() {
    String first =
        """
        {"decoder": {"embed_dim": 64, "depth": 1, "num_heads": 4, "mlp_ratio": 4.0},
         "norm_pix_loss": false}
        """;
    assertEquals(new EntryDecoder(DecoderConfig.micro(), false), EntryDecoder.read(first, "first"));
    for (String bad : new String[] {"", "[]", "{\"decoder\": 1, \"norm_pix_loss\": true}"}) {
      assertThrows(ZooException.class, () -> EntryDecoder.read(bad, "bad"));
    }
  }

  @Test
  void refusesARunThatHasNotEnded() throws IOException {
    write(1);

    ZooException refusal =
        assertThrows(ZooException.class, () -> Publication.ofRun("vit_tiny.run", run));
    assertTrue(String.valueOf(refusal.getMessage()).contains("stopped in epoch 2; resume it"));
  }

  @Test
  void refusesARunOfAnotherKindByItsName() throws IOException {
    Files.writeString(run.resolve("config.json"), "{\"kind\": \"segment\", \"vit\": {}}");
    ZooException e = assertThrows(ZooException.class, () -> Publication.ofRun("vit_tiny.run", run));
    assertTrue(
        String.valueOf(e.getMessage())
            .startsWith(run + ": expected a run of pretrain, found one of segment; "),
        e.getMessage());
  }

  @Test
  void refusesARunWithoutCheckpoint() throws IOException {
    Files.writeString(run.resolve("config.json"), CONFIG.toJson());

    assertThrows(ZooException.class, () -> Publication.ofRun("vit_tiny.run", run));
  }
}
