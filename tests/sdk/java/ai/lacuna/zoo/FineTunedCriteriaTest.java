package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.lacuna.djl.LacunaModelZoo;
import ai.lacuna.engine.Devices;
import ai.lacuna.finetune.FineTuneAugmentation;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.finetune.ValueScale;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fine-tuned entry through DJL's own API, beside {@link FineTuned}. */
class FineTunedCriteriaTest {
  private static final String NAME = "vit_tiny.tuned";
  private static final String CACHE = "DJL_CACHE_DIR";
  private static final double TOLERANCE = 1e-6;

  private final Path folder;

  FineTunedCriteriaTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void publish() throws IOException {
    Engine.getEngine(Devices.ENGINE); // Its libraries stay in the usual cache.
    System.setProperty(CACHE, folder.resolve("cache").toString());
    FineTuneConfig config = FineTunedEntryTest.config(HeadConfig.Pooling.MEAN);
    NamedTensors weights = Weights.initial(Program.of(config.network().forward()), 3);
    TinyEntries.writeAbout(folder, NAME);
    ZooPublisher.publish(
        folder,
        new FineTunedPublication(NAME, config, weights, TinyEntries.RECIPE, TinyEntries.LOG));
  }

  @AfterEach
  void moveCacheBack() {
    System.clearProperty(CACHE);
  }

  private <O> Criteria.Builder<Image, O> criteria(Class<O> output) {
    return Criteria.builder()
        .setTypes(Image.class, output)
        .optModelZoo(LacunaModelZoo.of(Zoo.at(folder)))
        .optDevice(Device.cpu());
  }

  private static <O> List<O> predict(Criteria<Image, O> criteria) throws Exception {
    List<Image> images =
        FineTunedEntryTest.images().stream()
            .map(pixels -> ImageFactory.getInstance().fromImage(pixels.toBufferedImage()))
            .toList();
    try (ZooModel<Image, O> model = criteria.loadModel();
        Predictor<Image, O> predictor = model.newPredictor()) {
      return predictor.batchPredict(images);
    }
  }

  @Test
  void classifiesByName() throws Exception {
    Classifications found =
        predict(
                criteria(Classifications.class)
                    .optApplication(Application.CV.IMAGE_CLASSIFICATION)
                    .optModelName(NAME)
                    .build())
            .get(0);
    assertEquals(List.of("cat", "dog", "bird"), found.getClassNames());
    List<Pixels> images = FineTunedEntryTest.images();
    try (FineTuned network = Zoo.at(folder).require(NAME).fineTuned(Device.cpu()).orElseThrow()) {
      float[] logits = network.logits(images)[0];
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp(logit);
      }
      for (int i = 0; i < logits.length; i++) {
        assertEquals(Math.exp(logits[i]) / sum, found.getProbabilities().get(i), TOLERANCE);
      }
    }
  }

  @Test
  void aRegressorIsNoClassifier() throws Exception {
    FineTuneConfig known = FineTunedEntryTest.config(HeadConfig.Pooling.MEAN);
    FineTuneConfig config =
        new FineTuneConfig(
            known.encoder(),
            known.encoderSha256(),
            true,
            known.vit(),
            known.preprocessing(),
            new HeadConfig(HeadConfig.Pooling.MEAN, HeadConfig.Target.VALUES, 1),
            List.of("age"),
            ValueScale.none(),
            known.recipe(),
            FineTuneAugmentation.none(),
            FineTuneConfig.Regularization.none(),
            7,
            known.numerics());
    NamedTensors weights = Weights.initial(Program.of(config.network().forward()), 3);
    TinyEntries.writeAbout(folder, "vit_tiny.age");
    ZooPublisher.publish(
        folder,
        new FineTunedPublication(
            "vit_tiny.age", config, weights, TinyEntries.RECIPE, TinyEntries.LOG));
    Map<String, Application> applications = new HashMap<>();
    for (ModelLoader loader : LacunaModelZoo.of(Zoo.at(folder)).getModelLoaders()) {
      applications.put(loader.getArtifactId(), loader.getApplication());
    }

    assertEquals(
        Map.of("vit_tiny.age", Application.CV.ANY, NAME, Application.CV.IMAGE_CLASSIFICATION),
        applications);
    assertEquals(
        1, predict(criteria(float[].class).optModelName("vit_tiny.age").build()).get(0).length);
  }

  @Test
  void embedsByItsEncoder() throws Exception {
    float[] found =
        predict(criteria(float[].class).optArtifactId(NAME).optModelName("encoder").build()).get(0);
    try (var encoder = Zoo.at(folder).require(NAME).load(Device.cpu())) {
      float[] expected = encoder.embed(FineTunedEntryTest.images().get(0));
      assertArrayEquals(expected, found, (float) TOLERANCE);
    }
  }

  @Test
  void saysThatItClassifies() {
    Criteria<Image, float[]> criteria = criteria(float[].class).optModelName(NAME).build();
    Throwable refusal = assertThrows(ModelNotFoundException.class, criteria::loadModel);
    StringBuilder text = new StringBuilder();
    for (Throwable t = refusal; t != null; t = t.getCause()) {
      text.append(t.getMessage()).append('\n');
    }
    String expected =
        NAME
            + ".pt: expected setTypes(..., Classifications.class), found float[].class;"
            + " or say optModelName(\"encoder\")";
    assertEquals(true, text.toString().contains(expected), text.toString());
  }
}
