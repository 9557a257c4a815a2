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
import ai.lacuna.serving.ServingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DJL and ONNX Runtime on a GPU beside DJL on the CPU. */
@Tag("gpu")
class GpuAgreementTest {
  private static final float SAME = 1e-3f;

  private final List<Pixels> images = TinyNetwork.images(200);
  private final Path folder;

  GpuAgreementTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
  }

  private static Encoder encoder(Device device) {
    return Encoder.of(
        "tiny", TinyNetwork.CONFIG, TinyNetwork.PREPROCESSING, TinyNetwork.weights(), device);
  }

  @Test
  void featuresAreThoseOfTheCpu() {
    try (Encoder cpu = encoder(Device.cpu());
        Encoder gpu = encoder(Device.gpu(0))) {
      for (Pooling pooling : Pooling.values()) {
        assertRows(cpu.embed(images, pooling), gpu.embed(images, pooling));
      }
    }
  }

  @Test
  void onnxRuntimeComputesOnTheGpuWhatDjlDoesOnTheCpu() throws IOException {
    ServingOptions options = ServingOptions.defaults().withDevice("cuda");
    try (Encoder cpu = encoder(Device.cpu())) {
      Bundle bundle =
          Exporter.of(cpu)
              .withHead(TinyNetwork.head(List.of(0, 1), Pooling.CLS_MEAN))
              .write(folder.resolve("bundle"), images.subList(0, 32));
      try (OnnxEncoder encoder = bundle.encoder(options);
          OnnxClassifier classifier = bundle.classifier(options)) {
        assertEquals("cuda:0", encoder.device());
        assertRows(cpu.embed(images, Pooling.CLS_MEAN), encoder.embed(images));
        assertEquals(images.size(), classifier.classify(images, 1).size());
      }
    }
  }

  private static void assertRows(float[][] expected, float[][] found) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], found[i], SAME);
    }
  }
}
