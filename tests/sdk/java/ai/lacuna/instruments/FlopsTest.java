package ai.lacuna.instruments;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VitConfig;
import org.junit.jupiter.api.Test;

/** The count over the graph against the formulas of the architecture. */
class FlopsTest {

  /** Products of a block on t tokens of width d: qkv, q·kᵀ, ·v, projection, two of the MLP. */
  private static long block(long t, long d, long hidden) {
    return 2 * (t * d * 3 * d + t * t * d + t * t * d + t * d * d + 2 * t * d * hidden);
  }

  private static Flops formula(VitConfig vit, DecoderConfig decoder, long keep) {
    long d = vit.embedDim();
    long w = decoder.embedDim();
    long all = 1L + vit.numPatches();
    long encoder =
        2 * keep * vit.patchDim() * d + vit.depth() * block(1 + keep, d, Math.round(4.0 * d));
    long light =
        2 * (1 + keep) * d * w
            + decoder.depth() * block(all, w, Math.round(w * decoder.mlpRatio()))
            + 2 * all * w * vit.patchDim();
    return new Flops(encoder, light);
  }

  @Test
  void theGraphDoesWhatTheArchitectureSays() {
    for (VitConfig vit : new VitConfig[] {VitConfig.base16(), VitConfig.tiny16()}) {
      PretrainConfig config =
          PretrainConfig.paper(vit, DecoderConfig.paper(), Normalization.imageNet());
      assertEquals(formula(vit, DecoderConfig.paper(), 49), Flops.of(config.network()));
    }
  }

  @Test
  void aBackwardPassCostsTwoForwardPasses() {
    assertEquals(5, new Flops(2, 3).forward());
    assertEquals(15, new Flops(2, 3).training());
  }
}
