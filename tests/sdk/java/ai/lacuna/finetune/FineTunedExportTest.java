package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.export.AlteredBundle;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxRegressor;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Prediction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles of heads that predict labels or values. */
class FineTunedExportTest {
  private static final int IMAGES = 60;

  private final Path directory;
  private final List<Pixels> images = new ArrayList<>();

  FineTunedExportTest(@TempDir Path directory) {
    this.directory = directory;
    for (int i = 0; i < 12; i++) {
      images.add(new Bars(IMAGES).get(i).pixels());
    }
  }

  private FineTuner.Result tune(Encoder encoder, Targets targets) throws IOException {
    LabelledImages train = new LabelledImages(new Bars(IMAGES), targets);
    return FineTuner.builder(encoder, train)
        .batchSize(12)
        .learningRate(0.1)
        .schedule(new RateSchedule.Constant())
        .rates(new RateRule.Flat())
        .augmentation(FineTuneAugmentation.none())
        .epochs(20)
        .validation(train)
        .run(directory.resolve("run"))
        .build()
        .run();
  }

  private static Targets values() {
    Map<Long, float[]> known = new HashMap<>();
    for (int i = 0; i < IMAGES; i++) {
      int kind = new Bars(IMAGES).label(i);
      known.put((long) i, new float[] {5000 + 300 * kind, 0.01f * (kind == 1 ? 1 : 0)});
    }
    return Targets.values(List.of("price", "share"), known);
  }

  @Test
  void valuesComeOutInTheUnitsThatWentIn() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuner.Result result = tune(encoder, values());
      double explained = Objects.requireNonNull(result.validation().get("r2"));
      assertTrue(explained > 0.7, result.validation().toString());
      double error = Objects.requireNonNull(result.validation().get("mae"));
      assertTrue(error > 1 && error < 80, result.validation().toString());
      try (FineTuned model = FineTuned.load(directory.resolve("run"), Device.cpu())) {
        float[][] right = model.logits(images);
        Bundle bundle = model.export(directory.resolve("bundle"), images);
        assertEquals(Manifest.Target.VALUES, bundle.manifest().target());
        assertFalse(bundle.hasClassifier());
        assertTrue(
            bundle.manifest().parity().stream().filter(p -> p.output().equals("values")).count()
                == 6);
        try (OnnxRegressor regressor = bundle.regressor()) {
          assertEquals(List.of("price", "share"), regressor.names());
          float[][] found = regressor.values(images);
          for (int i = 0; i < found.length; i++) {
            assertEquals(right[i][0], found[i][0], 0.05f); // of about 5,000
            assertEquals(right[i][1], found[i][1], 1e-6f);
            Map<String, Float> named = regressor.values(images.get(i));
            assertEquals(List.of("price", "share"), List.copyOf(named.keySet()));
            assertEquals(right[i][0], Objects.requireNonNull(named.get("price")), 0.05f);
            assertEquals(right[i][1], Objects.requireNonNull(named.get("share")), 1e-6f);
          }
        }
        AlteredBundle.poison(directory.resolve("bundle"), "regressor.onnx");
        try (OnnxRegressor regressor = OnnxRegressor.open(directory.resolve("bundle"))) {
          Pixels image = images.get(0);
          BundleException e = assertThrows(BundleException.class, () -> regressor.values(image));
          assertEquals("regressor.onnx values", e.file());
          assertEquals("NaN for image 1 of 1", e.found());
        }
      }
    }
  }

  @Test
  void labelsHaveAProbabilityEach() throws IOException {
    Map<Long, float[]> known = new HashMap<>();
    for (int i = 0; i < IMAGES; i++) {
      int kind = new Bars(IMAGES).label(i);
      known.put((long) i, new float[] {kind < 2 ? 1 : 0, kind == 0 ? 1 : 0});
    }
    try (Encoder encoder = Bars.encoder();
        FineTuned model =
            tune(encoder, Targets.labels(List.of("bar", "flat"), known)).open(Device.cpu());
        OnnxClassifier classifier =
            model.export(directory.resolve("bundle"), images).classifier()) {
      assertEquals(Manifest.Target.LABELS, classifier.target());
      float[][] logits = model.logits(images);
      for (int i = 0; i < logits.length; i++) {
        float[] expected = {sigmoid(logits[i][0]), sigmoid(logits[i][1])};
        float[] found = new float[2];
        for (Prediction prediction : classifier.classify(images.get(i), 2)) {
          found[prediction.index()] = (float) prediction.probability();
        }
        assertArrayEquals(expected, found, 1e-5f);
        List<Prediction> labels = classifier.labels(images.get(i), 0.5);
        int above = (expected[0] >= 0.5 ? 1 : 0) + (expected[1] >= 0.5 ? 1 : 0);
        assertEquals(above, labels.size());
      }
      assertEquals(2, classifier.labels(images.get(0), 0.5).size());
    }
  }

  private static float sigmoid(float logit) {
    return (float) (1 / (1 + Math.exp(-logit)));
  }
}
