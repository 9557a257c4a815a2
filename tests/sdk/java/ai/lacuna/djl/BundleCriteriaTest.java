package ai.lacuna.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prediction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exported bundles through DJL's own API, beside ONNX Runtime. */
class BundleCriteriaTest {
  /** Two runtimes in float32; the bundle's own parity has the same order. */
  private static final double TOLERANCE = 1e-5;

  private static final String FACTORY = "ai.lacuna.djl.LacunaTranslatorFactory";

  private final Path bundle;

  BundleCriteriaTest(@TempDir Path folder) {
    this.bundle = folder.resolve("bundle");
  }

  @BeforeEach
  void copy() throws IOException {
    Files.createDirectories(bundle);
    Path fixture = Path.of(System.getProperty("lacuna.root", "."), "tests/fixtures/bundle-tiny");
    for (String file :
        List.of(
            "manifest.json",
            "encoder.pt",
            "classifier.pt",
            "encoder.onnx",
            "classifier.onnx",
            "sample.safetensors")) {
      Files.copy(fixture.resolve(file), bundle.resolve(file));
    }
  }

  private <O> Criteria.Builder<Image, O> criteria(Class<O> output, String name) {
    return Criteria.builder()
        .setTypes(Image.class, output)
        .optModelPath(bundle)
        .optModelName(name)
        .optArgument("translatorFactory", FACTORY)
        .optDevice(Device.cpu());
  }

  private static <O> List<O> predict(Criteria<Image, O> criteria, List<Pixels> images)
      throws Exception {
    List<Image> inputs =
        images.stream()
            .map(pixels -> ImageFactory.getInstance().fromImage(pixels.toBufferedImage()))
            .toList();
    try (ZooModel<Image, O> model = criteria.loadModel();
        Predictor<Image, O> predictor = model.newPredictor()) {
      return predictor.batchPredict(inputs);
    }
  }

  @Test
  void classifiesAsOnnxRuntimeDoes() throws Exception {
    List<Pixels> images = DjlCache.images();
    List<Classifications> found =
        predict(
            criteria(Classifications.class, "classifier").optArgument("topK", 3).build(), images);
    try (OnnxClassifier classifier = Bundle.open(bundle).classifier()) {
      for (int i = 0; i < images.size(); i++) {
        List<Classifications.Classification> top = found.get(i).topK();
        List<Prediction> expected = classifier.classify(images.get(i), 3);
        assertEquals(3, top.size());
        for (int k = 0; k < 3; k++) {
          assertEquals(expected.get(k).label(), top.get(k).getClassName());
          assertEquals(expected.get(k).probability(), top.get(k).getProbability(), TOLERANCE);
        }
      }
    }
  }

  @Test
  void embedsAsOnnxRuntimeDoes() throws Exception {
    List<Pixels> images = DjlCache.images();
    List<float[]> found = predict(criteria(float[].class, "encoder").build(), images);
    try (OnnxEncoder encoder = Bundle.open(bundle).encoder()) {
      for (int i = 0; i < images.size(); i++) {
        float[] expected = encoder.embed(List.of(images.get(i)), Pooling.CLS_MEAN)[0];
        assertArrayEquals(expected, found.get(i), (float) TOLERANCE);
      }
    }
  }

  @Test
  void anAddressNamesTranslatorAndNetwork() throws Exception {
    String address = bundle.toUri() + "?translatorFactory=" + FACTORY + "&model_name=classifier";
    Criteria<Image, Classifications> criteria =
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optModelUrls(address)
            .optDevice(Device.cpu())
            .build();
    assertEquals(10, predict(criteria, DjlCache.images()).get(0).getClassNames().size());
  }

  private void edit(String from, String to) throws IOException {
    Path manifest = bundle.resolve("manifest.json");
    String text = Files.readString(manifest);
    assertTrue(text.contains(from), from);
    Files.writeString(manifest, text.replace(from, to));
  }

  @Test
  void givesEachOfSeveralLabelsItsOwnProbability() throws Exception {
    edit("\"labels\": [", "\"target\": \"labels\", \"labels\": [");
    Classifications found =
        predict(criteria(Classifications.class, "classifier").build(), DjlCache.images()).get(0);
    double sum = found.getProbabilities().stream().mapToDouble(p -> p).sum();
    // Ten logits of a random head lie around 0, so that each probability is around a half.
    assertTrue(sum > 2 && sum < 8, "sum " + sum);
  }

  @Test
  void givesTheValuesOfARegressor() throws Exception {
    Files.move(bundle.resolve("classifier.pt"), bundle.resolve("regressor.pt"));
    edit("\"classifier.pt\"", "\"regressor.pt\"");
    List<float[]> found = predict(criteria(float[].class, "regressor").build(), DjlCache.images());
    assertEquals(10, found.get(0).length);
  }

  @Test
  void servingPropertiesAreEnoughForDjlServing() throws Exception {
    Files.writeString(
        bundle.resolve("serving.properties"),
        "engine=PyTorch\ntranslatorFactory=" + FACTORY + "\noption.modelName=classifier\n");
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(DjlCache.images().get(0).toBufferedImage(), "png", png);
    Criteria<Input, Output> criteria =
        Criteria.builder().setTypes(Input.class, Output.class).optModelPath(bundle).build();
    try (ZooModel<Input, Output> model = criteria.loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      Input input = new Input();
      input.add("data", png.toByteArray());
      assertTrue(predictor.predict(input).getData().getAsString().contains("\"probability\""));
    }
  }

  private static void assertRefused(Criteria<?, ?> criteria, String why) {
    Throwable refusal = assertThrows(ModelNotFoundException.class, criteria::loadModel);
    StringBuilder text = new StringBuilder();
    for (Throwable t = refusal; t != null; t = t.getCause()) {
      text.append(t.getMessage()).append('\n');
    }
    assertTrue(text.toString().contains(why), text.toString());
  }

  @Test
  void otherTypesAndArgumentsAreRefused() {
    assertRefused(
        criteria(float[].class, "classifier").build(),
        "classifier.pt: expected setTypes(..., Classifications.class), found float[].class;"
            + " or say optModelName(\"encoder\")");
    assertRefused(
        criteria(Classifications.class, "encoder").build(),
        "encoder.pt: expected setTypes(..., float[].class), found Classifications.class;"
            + " or say optModelName(\"classifier\")");
    assertRefused(
        criteria(Classifications.class, "classifier").optArgument("topK", "none").build(),
        "topK: expected an integer above 0, found none");
  }

  @Test
  void damagedBundlesAreRefused() throws IOException {
    Path file = bundle.resolve("sample.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    assertRefused(
        criteria(float[].class, "encoder").build(), "sample.safetensors: expected sha256");
  }
}
