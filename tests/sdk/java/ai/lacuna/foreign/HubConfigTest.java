package ai.lacuna.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubConfigTest {
  private final Path folder;

  HubConfigTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private ForeignWeights weights(String fixture, String config) throws IOException {
    Path file = Files.copy(Foreign.file(fixture), folder.resolve(fixture));
    Files.writeString(folder.resolve("config.json"), config);
    return ForeignWeights.of(file);
  }

  @Test
  void areReadFromTheConfigurationOfHuggingFace() throws IOException {
    ForeignNetwork network =
        weights(
                "hf-vitmae.safetensors",
                "{\"num_attention_heads\": 2, \"decoder_num_attention_heads\": 4}")
            .read();
    assertEquals(2, network.vit().numHeads());
    assertEquals(4, network.decoder().orElseThrow().config().numHeads());
    String notes = String.join("\n", network.notes());
    assertTrue(notes.contains("read config.json beside the weights: 2 attention heads"), notes);
    assertTrue(!notes.contains("assumed 2") && !notes.contains("assumed 4"), notes);
  }

  @Test
  void whatTheCallerSetsGoesBeforeThem() throws IOException {
    ForeignNetwork network =
        weights("hf-vit.safetensors", "{\"num_attention_heads\": 4}").heads(2).read();
    assertEquals(2, network.vit().numHeads());
    assertTrue(!String.join("\n", network.notes()).contains("config.json beside"));
  }

  @Test
  void areNamedWhereTheyAreNone() throws IOException {
    ForeignWeights weights = weights("hf-vit.safetensors", "{\"num_attention_heads\": 1.5}");
    String said = String.valueOf(assertThrows(WeightsException.class, weights::read).getMessage());
    assertTrue(
        said.startsWith(
            folder.resolve("config.json")
                + ": num_attention_heads: expected a whole number of at least 1, found 1.5"),
        said);
  }

  @Test
  void theEpsilonOfLayerNormsIsReadToo() throws IOException {
    String config = "{\"layer_norm_eps\": 1e-5, \"hidden_act\": \"gelu\"}";
    ForeignNetwork network = weights("hf-vit.safetensors", config).heads(2).read();
    assertEquals(1e-5, network.vit().layerNormEpsilon());
    String notes = String.join("\n", network.notes());
    assertTrue(notes.contains("beside the weights: LayerNorm epsilon 1.0E-5"), notes);
    Files.delete(folder.resolve("hf-vit.safetensors"));
    ForeignWeights set = weights("hf-vit.safetensors", config).heads(2).layerNormEpsilon(1e-6);
    assertEquals(1e-6, set.read().vit().layerNormEpsilon());
  }

  @Test
  void whatWouldComputeOtherwiseIsRefused() throws IOException {
    assertRefuses("{\"hidden_act\": \"quick_gelu\"}", "hidden_act: expected gelu");
    assertRefuses("{\"layer_norm_eps\": 0}", "layer_norm_eps: expected more than 0");
  }

  private void assertRefuses(String config, String why) throws IOException {
    ForeignWeights weights = weights("hf-vit.safetensors", config);
    String said = String.valueOf(assertThrows(WeightsException.class, weights::read).getMessage());
    assertTrue(said.startsWith(folder.resolve("config.json") + ": " + why), said);
    Files.delete(folder.resolve("hf-vit.safetensors"));
  }

  @Test
  void ofAnotherLibraryAreNotLookedFor() throws IOException {
    ForeignWeights weights = weights("timm.safetensors", "{\"num_attention_heads\": 4}").heads(2);
    assertEquals(2, weights.read().vit().numHeads());
  }
}
