package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooTest {
  private final Path zoo;

  ZooTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  private static String message(org.junit.jupiter.api.function.Executable action) {
    return String.valueOf(assertThrows(ZooException.class, action).getMessage());
  }

  private static List<String> names(List<ZooEntry> entries) {
    return entries.stream().map(ZooEntry::name).toList();
  }

  @Test
  void findsWhatWasPublished() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    ZooEntry entry = Zoo.at(zoo).require("vit_tiny.test");

    assertEquals(TinyEntries.CONFIG, entry.config());
    assertEquals(TinyEntries.PREPROCESSING, entry.preprocessing());
    assertEquals(TinyEntries.ABOUT, entry.listing().about());
    assertEquals(TinyEntries.RECIPE, entry.recipe());
    assertEquals(TinyEntries.LOG, entry.trainingLog());
    NamedTensors all = TinyEntries.weights(1);
    assertEquals(
        all.only(name -> !name.startsWith("decoder_") && !name.startsWith("mask_")).sha256(),
        entry.weights().sha256());
    ZooAutoencoder autoencoder = entry.autoencoder().orElseThrow();
    assertEquals(all.sha256(), autoencoder.weights().sha256());
    assertEquals(TinyEntries.NETWORK, autoencoder.network(1));
    assertEquals(entry.weights().numel(), entry.listing().parameters());
  }

  @Test
  void keepsTheConfigInTheWeights() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    Path folder = zoo.resolve("vit_tiny.test");
    Map<String, String> metadata = Safetensors.metadata(folder.resolve("encoder.safetensors"));

    assertEquals("pt", metadata.get("format"));
    assertEquals(Files.readString(folder.resolve("config.json")), metadata.get("lacuna.config"));
  }

  @Test
  void loadsAnEncoderThatEmbeds() throws IOException {
    ZooEntry entry = TinyEntries.publish(zoo, "vit_tiny.test", 1);
    byte[] gradient = new byte[64];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (byte) (4 * i);
    }
    try (Encoder encoder = entry.load(Device.cpu())) {
      float[] features = encoder.embed(Pixels.of(8, 8, 1, gradient));

      assertEquals("vit_tiny.test", encoder.name());
      assertEquals(2 * TinyEntries.CONFIG.embedDim(), features.length);
      for (float feature : features) {
        assertTrue(Float.isFinite(feature));
      }
    }
  }

  @Test
  void listsByPattern() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.b", 1);
    TinyEntries.publish(zoo, "vit_tiny.a", 2);
    TinyEntries.publish(zoo, "vit_small.a", 3);
    Zoo opened = Zoo.at(zoo);

    assertEquals(List.of("vit_small.a", "vit_tiny.a", "vit_tiny.b"), names(opened.list()));
    assertEquals(List.of("vit_tiny.a", "vit_tiny.b"), names(opened.list("vit_tiny.?")));
    assertEquals(List.of("vit_small.a", "vit_tiny.a"), names(opened.list("*.a")));
    assertEquals(List.of(), names(opened.list("vit_tiny")));
  }

  @Test
  void suggestsNearNames() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);

    assertTrue(Zoo.at(zoo).find("vit_tiny.tset").isEmpty());
    assertTrue(
        message(() -> Zoo.at(zoo).require("vit_tiny.tset"))
            .contains("did you mean vit_tiny.test?"));
    assertTrue(message(() -> Zoo.at(zoo).require("?")).contains("the zoo has [vit_tiny.test]"));
  }

  @Test
  void searchesThePrivateZooFirst() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    Zoo both = Zoo.open(ZooSettings.fromEnvironment().withZoo(zoo.toString()));

    assertEquals(Zoo.bundled().list().size() + 1, both.list().size());
    assertEquals("vit_tiny.test", both.require("vit_tiny.test").name());
  }

  @Test
  void refusesWeightsThatWereChanged() throws IOException {
    ZooEntry entry = TinyEntries.publish(zoo, "vit_tiny.test", 1);
    Path file = zoo.resolve("vit_tiny.test").resolve("encoder.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);

    assertTrue(message(entry::weights).contains("found SHA-256"));
  }

  @Test
  void refusesFilesOfAnotherLengthOrNone() throws IOException {
    ZooEntry entry = TinyEntries.publish(zoo, "vit_tiny.test", 1);
    Path folder = zoo.resolve("vit_tiny.test");
    Files.writeString(folder.resolve("recipe.json"), "{\"seed\": 12}");
    Files.delete(folder.resolve("encoder.safetensors"));

    assertTrue(message(entry::recipe).contains("another length or no file"));
    assertTrue(message(entry::weights).contains("another length or no file"));
    assertTrue(message(() -> entry.text("readme.md")).contains("expected a file readme.md"));
  }

  @Test
  void refusesAMalformedIndex() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    Path file = zoo.resolve("index.json");
    String good = Files.readString(file);

    for (Map.Entry<String, String> attack :
        Map.of(
                "\"name\": \"vit_tiny.test\"", "\"name\": \"../vit_tiny.test\"",
                "\"path\": \"config.json\"", "\"path\": \"../../secret\"",
                "\"patch_size\": 4", "\"patch_size\": 3",
                "\"sha256\": \"", "\"sha256\": \"x",
                "\"positions\": \"sin_cos\"", "\"positions\": \"SIN\"",
                "\"license\": \"Apache-2.0\",", "",
                "\"format\": 2", "\"format\": 3",
                "\"summary\"", "\"sumary\"",
                "\"image_width\": 8", "\"image_width\": 16")
            .entrySet()) {
      String bad =
          good.replaceFirst(java.util.regex.Pattern.quote(attack.getKey()), attack.getValue());
      assertFalse(bad.equals(good), attack.getKey());
      Files.writeString(file, bad);
      String found = message(() -> Zoo.at(zoo));
      assertTrue(found.contains("index.json: ") && found.contains("expected"), found);
    }
  }

  @Test
  void refusesAFolderWithoutIndex() {
    assertTrue(message(() -> Zoo.at(zoo)).contains("expected a zoo's folder with index.json"));
  }
}
