package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.cache.FileServer;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A fine-tuned network goes into a zoo and comes out of it on another machine, with its head. */
class FineTunedEntryTest {
  private static final String NAME = "vit_tiny.tuned";

  private final Path zoo;
  private final Path cache;

  FineTunedEntryTest(@TempDir Path zoo, @TempDir Path cache) {
    this.zoo = zoo;
    this.cache = cache;
  }

  static FineTuneConfig config(HeadConfig.Pooling pooling) {
    FineTuneConfig known =
        FineTuneConfig.fromJson(
            Zoo.bundled().require("vit_base_patch16_224.mae_ft_in1k").text("finetune.json"));
    return new FineTuneConfig(
        "vit_tiny.test",
        "",
        true,
        TinyEntries.CONFIG,
        TinyEntries.PREPROCESSING,
        new HeadConfig(pooling, HeadConfig.Target.CLASSES, 3),
        List.of("cat", "dog", "bird"),
        known.scale(),
        known.recipe(),
        known.augmentation(),
        known.regularization(),
        7,
        known.numerics());
  }

  static List<Pixels> images() {
    byte[] bytes = new byte[64];
    new Random(2).nextBytes(bytes);
    return List.of(Pixels.of(8, 8, 1, bytes));
  }

  private Path run(FineTuneConfig config, NamedTensors weights) throws IOException {
    Path run = Files.createDirectories(cache.resolve("run"));
    Files.writeString(run.resolve("config.json"), config.toJson());
    Files.writeString(run.resolve("environment.json"), "{\"device\": \"cpu\"}");
    Files.writeString(run.resolve("metrics.jsonl"), TinyEntries.LOG);
    try (FineTuned model = FineTuned.of(config, weights, Device.cpu())) {
      model.save(run.resolve(FineTuned.FILE));
    }
    return run;
  }

  @ParameterizedTest
  @EnumSource(HeadConfig.Pooling.class)
  void keepsItsHead(HeadConfig.Pooling pooling) throws IOException {
    FineTuneConfig config = config(pooling);
    NamedTensors weights = Weights.initial(Program.of(config.network().forward()), 3);
    Path run = run(config, weights);
    TinyEntries.writeAbout(zoo, NAME);
    ZooEntry local = ZooPublisher.publish(zoo, FineTunedPublication.ofRun(NAME, run));
    String card = ModelCard.of(local);
    assertTrue(card.contains("| recipe.plan | all@100 |"), card);
    try (FileServer server = new FileServer()) {
      server.putAll("/", zoo);
      ZooSettings settings =
          ZooSettings.fromEnvironment().withZoo(server.at("/").toString()).withCache(cache);
      ZooEntry entry = Zoo.open(settings).require(NAME);
      try (FineTuned before = FineTuned.load(run, Device.cpu());
          FineTuned after = entry.fineTuned(Device.cpu()).orElseThrow();
          var encoder = entry.load(Device.cpu());
          var same = before.encoder(Device.cpu())) {
        assertEquals(List.of("cat", "dog", "bird"), after.names());
        assertEquals(weights.sha256(), after.weights().sha256());
        assertArrayEquals(before.logits(images())[0], after.logits(images())[0]);
        assertArrayEquals(same.embed(images().get(0)), encoder.embed(images().get(0)));
      }
    }
  }

  @Test
  void giveWayToAnEncoderOfTheSameName() throws IOException {
    FineTuneConfig config = config(HeadConfig.Pooling.CLS);
    Path run = run(config, Weights.initial(Program.of(config.network().forward()), 3));
    TinyEntries.writeAbout(zoo, NAME);
    assertTrue(ZooPublisher.publish(zoo, FineTunedPublication.ofRun(NAME, run)).isFineTuned());

    ZooEntry encoder = TinyEntries.publish(zoo, NAME, 1);
    assertFalse(encoder.isFineTuned());
    assertTrue(encoder.fineTuned(Device.cpu()).isEmpty());
  }

  @Test
  void refusesWhatIsNoEndedRun() throws IOException {
    FineTuneConfig config = config(HeadConfig.Pooling.MEAN);
    NamedTensors weights = Weights.initial(Program.of(config.network().forward()), 3);
    assertThrows(ZooException.class, () -> FineTunedPublication.ofRun(NAME, zoo));
    assertThrows(
        WeightsException.class,
        () ->
            new FineTunedPublication(
                NAME, config, weights.only(n -> !n.equals("head.bias")), "{}", ""));
  }

  @Test
  void leavesADraftWhereNobodyHasDescribedIt() throws IOException {
    FineTuneConfig config = config(HeadConfig.Pooling.MEAN);
    Path run = run(config, Weights.initial(Program.of(config.network().forward()), 3));
    for (String expected : List.of("a draft is there now", "found TO WRITE in it")) {
      String message =
          String.valueOf(
              assertThrows(
                      ZooException.class,
                      () -> ZooPublisher.publish(zoo, FineTunedPublication.ofRun(NAME, run)))
                  .getMessage());
      assertTrue(message.contains(expected), message);
    }
    assertTrue(Files.readString(zoo.resolve(NAME).resolve("about.json")).contains("TO WRITE"));
  }
}
