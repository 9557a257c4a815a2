package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooPublisherTest {
  private final Path zoo;

  ZooPublisherTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  private Publication publication(NamedTensors weights, String recipe, String log) {
    return new Publication(
        "vit_tiny.test", TinyEntries.NETWORK, TinyEntries.PREPROCESSING, weights, recipe, log);
  }

  private static NamedTensors encoder(NamedTensors all) {
    return all.only(name -> !name.startsWith("decoder_") && !name.equals("mask_token"));
  }

  @Test
  void refusesWeightsOfAnotherNetwork() {
    NamedTensors weights = TinyEntries.weights(1);

    for (NamedTensors bad :
        List.of(
            NamedTensors.empty(),
            weights.only(name -> name.startsWith("decoder_")),
            weights.only(name -> !name.equals("norm.bias")))) {
      assertThrows(WeightsException.class, () -> publication(bad, "{}", ""));
    }
  }

  @Test
  void givesTheSameIndexAgain() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    TinyEntries.publish(zoo, "vit_other.test", 2);
    String index = Files.readString(zoo.resolve("index.json"));
    ZooPublisher.reindex(zoo);

    assertEquals(index, Files.readString(zoo.resolve("index.json")));
  }

  @Test
  void removesAStaleDecoder() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    NamedTensors encoder = encoder(TinyEntries.weights(1));
    ZooEntry entry = ZooPublisher.publish(zoo, publication(encoder, "{}", ""));

    assertTrue(entry.autoencoder().isEmpty());
    assertFalse(Files.exists(zoo.resolve("vit_tiny.test").resolve("decoder.safetensors")));
  }

  @Test
  void publishesHalfAsManyBytesThatAnEncoderReads() throws Exception {
    ZooEntry whole = TinyEntries.publish(zoo, "vit_other.test", 1);
    TinyEntries.writeAbout(zoo, "vit_tiny.test");
    ZooEntry half =
        ZooPublisher.publish(
            zoo,
            publication(TinyEntries.weights(1), TinyEntries.RECIPE, TinyEntries.LOG).inFloat16());
    for (NamedTensors.Entry entry :
        Safetensors.read(zoo.resolve("vit_tiny.test").resolve("encoder.safetensors"))) {
      assertEquals(Tensor.Type.F16, entry.tensor().type(), entry.name());
    }
    try (Encoder wide = whole.load(Device.cpu());
        Encoder narrow = half.load(Device.cpu())) {
      Pixels image = FineTunedEntryTest.images().get(0);
      float[] expected = wide.embed(image);
      float[] found = narrow.embed(image);
      assertArrayEquals(expected, found, 5e-3f);
      assertFalse(Arrays.equals(expected, found));
    }
  }

  @Test
  void needsADescriptionByPeople() {
    ZooException refusal =
        assertThrows(
            ZooException.class,
            () -> ZooPublisher.publish(zoo, publication(TinyEntries.weights(1), "{}", "")));
    assertTrue(String.valueOf(refusal.getMessage()).contains("about.json: expected a file"));
  }

  @Test
  void refusesARecipeOrALogThatIsNotJson() throws IOException {
    TinyEntries.writeAbout(zoo, "vit_tiny.test");
    NamedTensors weights = TinyEntries.weights(1);

    for (Publication bad :
        new Publication[] {
          publication(weights, "seed=1", ""),
          publication(weights, "[]", ""),
          publication(weights, "{}", "{}\nloss 1.0\n")
        }) {
      assertThrows(ZooException.class, () -> ZooPublisher.publish(zoo, bad));
    }
  }
}
