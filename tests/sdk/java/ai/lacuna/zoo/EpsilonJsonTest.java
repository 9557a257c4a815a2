package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VitConfig;
import org.junit.jupiter.api.Test;

/** JSON of versions that knew one epsilon stays readable, and is written as before. */
class EpsilonJsonTest {
  private static final String FIELD = "layer_norm_epsilon";

  @Test
  void thePublishedEpsilonIsNotSaid() {
    String json = ZooJson.write(VitConfig.base16());
    assertFalse(json.contains(FIELD), json);
    assertEquals(VitConfig.base16(), ZooJson.read(json, VitConfig.class, "test"));
  }

  @Test
  void anotherEpsilonIsKept() {
    VitConfig other = VitConfig.base16().withEpsilon(1e-12);
    String json = ZooJson.write(other);
    assertTrue(json.contains(FIELD), json);
    assertEquals(other, ZooJson.read(json, VitConfig.class, "test"));
    assertEquals(1e-12, other.withImage(32, 32, 1).layerNormEpsilon());
  }

  @Test
  void configurationsOfEarlierVersionsMeanThePublishedOne() {
    PretrainConfig config =
        PretrainConfig.paper(VitConfig.base16(), DecoderConfig.paper(), Normalization.imageNet());
    String earlier = config.toJson().replaceFirst(",\\s*\"layerNormEpsilon\": [^}]*?(?=\\s*})", "");
    assertFalse(earlier.contains("layerNormEpsilon"), earlier);
    assertEquals(config, PretrainConfig.fromJson(earlier));
  }
}
