package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX Runtime against DJL on every bundled test image. */
class ServingAgreementTest {
  private static final List<Integer> BLOCKS = List.of(0, 1);
  private static final ClassifierHead HEAD = TinyNetwork.head(BLOCKS, Pooling.CLS_MEAN);

  private final List<Pixels> images = TinyNetwork.images(1000);
  private final Path folder;

  ServingAgreementTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
  }

  @Test
  void givesSameFeaturesAndSameTop1OnEveryTestImage() throws IOException {
    try (Encoder djl =
        Encoder.of(
            "tiny",
            TinyNetwork.CONFIG,
            TinyNetwork.PREPROCESSING,
            TinyNetwork.weights(),
            Device.cpu())) {
      Bundle bundle =
          Exporter.of(djl).withHead(HEAD).write(folder.resolve("bundle"), images.subList(0, 32));
      try (OnnxEncoder encoder = bundle.encoder();
          OnnxClassifier classifier = bundle.classifier()) {
        assertRows(djl.embed(images, Pooling.CLS_MEAN), encoder.embed(images));
        List<Pixels> some = images.subList(0, 5);
        for (Pooling pooling : Pooling.values()) {
          assertRows(djl.embed(some, pooling), encoder.embed(some, pooling));
        }
        assertRows(djl.tokens(images.get(0)), encoder.tokens(images.get(0)));
        List<Integer> expected = new ArrayList<>();
        for (float[] features : djl.features(images, BLOCKS, Pooling.CLS_MEAN)) {
          expected.add(Agreement.top(HEAD.logits(features)));
        }
        assertEquals(
            expected,
            classifier.classify(images, 1).stream().map(best -> best.get(0).index()).toList());
      }
    }
  }

  private static void assertRows(float[][] expected, float[][] found) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], found[i], (float) Exporter.TOLERANCE);
    }
  }
}
