package ai.lacuna.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.oracle.Closeness;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig.Positions;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks of every layout compute what their own library computes. */
class ForeignLayoutsTest {

  @ParameterizedTest
  @CsvSource({
    "mae-training.pth,        mae-training,         MAE,         SIN_COS",
    "mae-encoder.pth,         mae-encoder,          MAE,         SIN_COS",
    "mae-finetuned.pth,       mae-finetuned,        MAE,         LEARNED",
    "timm.safetensors,        timm,                 TIMM,        LEARNED",
    "timm-patches.pth,        timm-patches,         TIMM,        LEARNED",
    "hf-vitmae.safetensors,   hf-vitmae.safetensors, HF,         LEARNED",
    "hf-vitmae.pth,           hf-vitmae.pth,        HF,          LEARNED",
    "hf-vit.safetensors,      hf-vit.safetensors,   HF,          LEARNED",
    "hf-vit.pth,              hf-vit.pth,           HF,          LEARNED",
    "torchvision.pth,         torchvision,          TORCHVISION, LEARNED",
    "lightly-timm.pth,        lightly-timm,         LIGHTLY,     SIN_COS",
    "lightly-torchvision.pth, lightly-torchvision,  LIGHTLY,     SIN_COS"
  })
  void tokensAreTheLibrarysOwn(String file, String name, Layout layout, Positions positions)
      throws IOException {
    ForeignNetwork network = Foreign.weights(file).allowNamespace().dropHead().read();

    assertEquals(layout, network.layout());
    assertEquals(positions, network.vit().positions());
    assertEquals(12, network.vit().imageHeight());
    assertEquals(layout == Layout.HF ? 1e-12 : 1e-6, network.vit().layerNormEpsilon());
    Closeness.check(
        name,
        Foreign.VALUES,
        Foreign.expected(name + "/tokens"),
        Foreign.run(Foreign.encoder(network).forward(), "tokens", network.encoder()));
  }

  @ParameterizedTest
  @CsvSource({
    "mae-finetuned.pth,  mae-finetuned,      MEAN",
    "timm.safetensors,   timm,               CLS",
    "hf-vit.safetensors, hf-vit.safetensors, CLS",
    "torchvision.pth,    torchvision,        CLS"
  })
  void logitsAreTheLibrarysOwn(String file, String name, HeadConfig.Pooling pooling)
      throws IOException {
    ForeignNetwork network = Foreign.weights(file).read();
    ForeignNetwork.Head head = network.head().orElseThrow();

    assertEquals(new HeadConfig(pooling, HeadConfig.Target.CLASSES, 5), head.config());
    ImageClassifier classifier = new ImageClassifier(Foreign.encoder(network), head.config());
    for (String output : new String[] {"logits", "embedding"}) {
      Closeness.check(
          name + " " + output,
          Foreign.VALUES,
          Foreign.expected(name + "/" + output),
          Foreign.run(classifier.forward(), output, head.weights()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mae-training.pth,        mae-training",
    "hf-vitmae.safetensors,   hf-vitmae.safetensors",
    "hf-vitmae.pth,           hf-vitmae.pth",
    "lightly-timm.pth,        lightly-timm",
    "lightly-torchvision.pth, lightly-torchvision"
  })
  void predictionsOfPatchesAreTheLibrarysOwn(String file, String name) throws IOException {
    ForeignNetwork network =
        Foreign.weights(file).allowNamespace().dropHead().requireDecoder().read();
    ForeignNetwork.Decoder decoder = network.decoder().orElseThrow();
    NamedTensors.Builder all = NamedTensors.builder();
    network.encoder().forEach(entry -> all.add(entry.name(), entry.tensor()));
    decoder.weights().forEach(entry -> all.add(entry.name(), entry.tensor()));

    MaskedAutoencoder whole =
        new MaskedAutoencoder(Foreign.encoder(network), decoder.config(), 2, Objective.paper());
    Closeness.check(
        name,
        Foreign.VALUES,
        Foreign.expected(name + "/pred"),
        Foreign.run(whole.forward(), "pred", all.build()));
  }

  /** The epsilon of the fixtures matters: another one gives another network. */
  @Test
  void anotherEpsilonWouldBeSeen() throws IOException {
    ForeignNetwork network = Foreign.weights("hf-vit.pth").dropHead().layerNormEpsilon(1e-6).read();

    double[] expected = Foreign.expected("hf-vit.pth/tokens").values();
    double[] found =
        Foreign.run(Foreign.encoder(network).forward(), "tokens", network.encoder()).values();
    double worst = 0;
    for (int i = 0; i < found.length; i++) {
      worst = Math.max(worst, Math.abs(expected[i] - found[i]));
    }
    assertTrue(worst > 0.1, worst + " of difference");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mae-training.pth", "timm-patches.pth", "timm.safetensors", "hf-vit.pth"})
  void whatWasDoneIsSaid(String file) throws IOException {
    String notes =
        String.join("\n", Foreign.weights(file).allowNamespace().dropHead().read().notes());
    String expected =
        switch (file) {
          case "mae-training.pth" -> "unwrapped model";
          case "timm-patches.pth" -> "a row of zeros stands for it";
          case "timm.safetensors" -> "from bfloat16 to float32";
          default -> "dropped the head: pooler.dense.weight, pooler.dense.bias";
        };
    assertTrue(notes.contains(expected), notes);
  }
}
