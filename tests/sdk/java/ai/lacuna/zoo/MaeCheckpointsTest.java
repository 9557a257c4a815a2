package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.cache.FileServer;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Sha256;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.WeightsException;
import ai.lacuna.zoo.ZooListing.Format;
import ai.lacuna.zoo.ZooListing.ZooFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries on their publisher's server: checkpoints of exactly MAE's layout, only tiny. */
class MaeCheckpointsTest {
  private static final String NAME = "vit_tiny_patch4_16.mae";
  private static final VitConfig CONFIG =
      new VitConfig(16, 16, 3, 4, 8, 2, 2, 4, VitConfig.Positions.LEARNED);
  private static final Preprocessing PREPROCESSING =
      new Preprocessing(
          16,
          16,
          3,
          List.of(0.485, 0.456, 0.406),
          List.of(0.229, 0.224, 0.225),
          Interpolation.BICUBIC,
          1);

  /** float32 of two implementations, on values of about 1. */
  private static final float TOLERANCE = 1e-5f;

  private final Path zoo;
  private final Path cache;
  private final FileServer server = new FileServer();

  MaeCheckpointsTest(@TempDir Path zoo, @TempDir Path cache) throws IOException {
    this.zoo = zoo;
    this.cache = cache;
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static byte[] fixture(String name) throws IOException {
    try (var stream = MaeCheckpointsTest.class.getResourceAsStream("/fixtures/zoo/" + name)) {
      return java.util.Objects.requireNonNull(stream, name).readAllBytes();
    }
  }

  private ZooFile served(String name, Format format, boolean known) throws IOException {
    byte[] bytes = fixture(name);
    server.put("/mae/" + name, bytes);
    return new ZooFile(
        name,
        known ? bytes.length : -1,
        known ? Sha256.of(bytes) : "",
        format,
        server.at("/mae/" + name).toString(),
        "");
  }

  private ZooSettings settings() {
    return ZooSettings.fromEnvironment().withZoo(zoo.toString()).withCache(cache);
  }

  private ZooEntry entry(ZooSettings settings, ZooFile... files) throws IOException {
    Path folder = Files.createDirectories(zoo.resolve(NAME));
    Files.writeString(folder.resolve("about.json"), ZooJson.write(TinyEntries.ABOUT));
    Files.writeString(
        folder.resolve("config.json"), ZooJson.write(new EntryConfig(NAME, CONFIG, PREPROCESSING)));
    Files.writeString(
        folder.resolve("remote.json"), ZooJson.write(new RemoteEntry(true, List.of(files))));
    Files.writeString(
        folder.resolve("decoder.json"),
        ZooJson.write(new EntryDecoder(new DecoderConfig(4, 1, 2, 4), true)));
    ZooPublisher.reindex(zoo);
    return Zoo.at(settings).require(NAME);
  }

  private static Pixels image(NamedTensors expected) {
    ByteBuffer bytes = expected.require("image").bytes();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return Pixels.of(16, 16, 3, copy);
  }

  @Test
  void loadByNameOnceTheirLicenceIsAccepted() throws IOException {
    ZooFile file = served("mae_pretrain_vit_tiny.pth", Format.TORCH_ENCODER, false);
    String refused =
        String.valueOf(
            assertThrows(ZooException.class, () -> entry(settings(), file).load(Device.cpu()))
                .getMessage());
    assertTrue(refused.contains("expected its licence Apache-2.0 to be accepted"), refused);
    assertTrue(refused.contains("LACUNA_ACCEPT_LICENSE=Apache-2.0"), refused);
    assertEquals(List.of(), server.requests());

    NamedTensors expected = Safetensors.read(fixture("expected.safetensors"), "expected");
    ZooEntry entry = entry(settings().accepting("apache-2.0"), file);
    try (Encoder encoder = entry.load(Device.cpu())) {
      float[][] tokens = encoder.tokens(image(expected));
      float[] flat = expected.require("tokens").toFloats();
      for (int i = 0; i < flat.length; i++) {
        assertEquals(flat[i], tokens[i / 8][i % 8], TOLERANCE);
      }
    }
    assertEquals(Sha256.of(fixture("mae_pretrain_vit_tiny.pth")), entry.weightsSha256());
    // Accepted once, and fetched once.
    assertEquals(entry.weights().sha256(), entry(settings().offline(), file).weights().sha256());
    assertEquals(List.of("/mae/mae_pretrain_vit_tiny.pth"), server.requests());
  }

  @Test
  void haveTheDecoderInTheFullCheckpoint() throws IOException {
    ZooEntry entry =
        entry(
            settings().accepting("all"),
            served("mae_pretrain_vit_tiny.pth", Format.TORCH_ENCODER, true),
            served("mae_pretrain_vit_tiny_full.pth", Format.TORCH_AUTOENCODER, true));
    entry.fetch(false);
    assertEquals(1, server.requests().size());
    ZooAutoencoder both = entry.autoencoder().orElseThrow();

    assertTrue(both.normPixLoss());
    assertTrue(both.weights().find("decoder_pred.weight").isPresent());
    assertEquals(
        entry.weights().sha256(),
        both.weights().only(n -> !n.startsWith("decoder_") && !n.startsWith("mask_")).sha256());
  }

  @Test
  void giveTheEncoderOfAFineTunedOne() throws IOException {
    ZooEntry entry =
        entry(
            settings().accepting("all"),
            served("mae_finetuned_vit_tiny.pth", Format.TORCH_CLASSIFIER, true));

    NamedTensors weights = entry.weights();
    assertFalse(weights.find("head.weight").isPresent());
    assertTrue(entry.fineTuned(Device.cpu()).isEmpty());
    addHead();
    try (FineTuned model = Zoo.at(settings()).require(NAME).fineTuned(Device.cpu()).orElseThrow()) {
      float[] logits = expected().require("logits").toFloats();
      assertArrayEquals(logits, model.logits(List.of(image(expected())))[0], TOLERANCE * 10);
    }
    try (Encoder encoder = entry.load(Device.cpu())) {
      assertEquals(16, encoder.embed(image(expected())).length);
    }
  }

  /** Describes the head, as the bundled entries of fine-tuned checkpoints do. */
  private void addHead() throws IOException {
    FineTuneConfig known =
        FineTuneConfig.fromJson(
            Zoo.bundled().require("vit_base_patch16_224.mae_ft_in1k").text("finetune.json"));
    FineTuneConfig tiny =
        new FineTuneConfig(
            NAME,
            "",
            true,
            CONFIG,
            PREPROCESSING,
            HeadConfig.classes(3),
            List.of("0", "1", "2"),
            known.scale(),
            known.recipe(),
            known.augmentation(),
            known.regularization(),
            0,
            known.numerics());
    Files.writeString(zoo.resolve(NAME).resolve("finetune.json"), tiny.toJson());
    ZooPublisher.reindex(zoo);
  }

  private static NamedTensors expected() throws IOException {
    return Safetensors.read(fixture("expected.safetensors"), "expected");
  }

  @Test
  void refuseACheckpointOfSomethingElse() throws IOException {
    ZooFile file = served("expected.safetensors", Format.TORCH_ENCODER, true);
    ZooEntry entry = entry(settings().accepting("all"), file);

    assertThrows(WeightsException.class, entry::weights);
  }

  @Test
  void needHttpsWhereNoDigestIsKnown() {
    for (String bad : List.of("http://example.org/a.pth", "file:///a.pth", "ftp://a/b")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new ZooFile("a.pth", -1, "", Format.TORCH_ENCODER, bad, ""));
    }
    assertArrayEquals(
        new long[] {-1},
        new long[] {
          new ZooFile("a.pth", -1, "", Format.TORCH_ENCODER, "https://a/a.pth", "8cad7c").size()
        });
  }

  @Test
  void arePublicOnesInTheBundledZoo() {
    List<String> names =
        Zoo.bundled().list("vit_*_224.mae*").stream().map(ZooEntry::name).sorted().toList();
    assertEquals(
        List.of(
            "vit_base_patch16_224.mae",
            "vit_base_patch16_224.mae_ft_in1k",
            "vit_huge_patch14_224.mae",
            "vit_huge_patch14_224.mae_ft_in1k",
            "vit_large_patch16_224.mae",
            "vit_large_patch16_224.mae_ft_in1k"),
        names);
    for (ZooEntry entry : Zoo.bundled().list("vit_*_224.mae*")) {
      assertTrue(entry.listing().consent(), entry.name());
      assertEquals("CC-BY-NC-4.0", entry.listing().about().license());
      assertEquals(1, entry.results().size());
      for (ZooFile file : entry.listing().files()) {
        assertTrue(
            file.source().isEmpty()
                || file.source().startsWith("https://dl.fbaipublicfiles.com/mae/"),
            file.source());
      }
    }
    assertEquals(VitConfig.base16(), Zoo.bundled().require("vit_base_patch16_224.mae").config());
    assertEquals(VitConfig.huge14(), Zoo.bundled().require("vit_huge_patch14_224.mae").config());
    assertEquals(VitConfig.large16(), Zoo.bundled().require("vit_large_patch16_224.mae").config());
  }
}
