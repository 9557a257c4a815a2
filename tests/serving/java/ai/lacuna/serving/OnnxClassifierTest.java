package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxClassifierTest {
  private static final float TOLERANCE = 1e-4f;

  private final Path folder;
  private final TinyBundle sample;

  OnnxClassifierTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    TinyBundle.copyTo(folder);
    this.sample = TinyBundle.sample(folder);
  }

  @Test
  void givesTheLogitsOfDjl() throws IOException {
    try (OnnxClassifier classifier = OnnxClassifier.open(folder)) {
      float[][] logits = classifier.logits(sample.images());
      for (int i = 0; i < logits.length; i++) {
        assertArrayEquals(sample.rows("logits")[i], logits[i], TOLERANCE);
      }
    }
  }

  @Test
  void ordersClassesByProbability() throws IOException {
    try (OnnxClassifier classifier = OnnxClassifier.open(folder)) {
      List<Pixels> images = sample.images();
      List<List<Prediction>> predictions = classifier.classify(images, 20);
      for (int i = 0; i < images.size(); i++) {
        double[] expected = softmax(sample.rows("logits")[i]);
        List<Prediction> found = predictions.get(i);
        assertEquals(10, found.size());
        assertEquals(1, found.stream().mapToDouble(Prediction::probability).sum(), TOLERANCE);
        for (int rank = 0; rank < found.size(); rank++) {
          Prediction prediction = found.get(rank);
          assertEquals(classifier.labels().get(prediction.index()), prediction.label());
          assertEquals(expected[prediction.index()], prediction.probability(), TOLERANCE);
          assertTrue(rank == 0 || found.get(rank - 1).probability() >= prediction.probability());
        }
      }
    }
  }

  @Test
  void givesAsManyAsAsked() throws IOException {
    Pixels image = sample.images().get(0);
    try (OnnxClassifier classifier = OnnxClassifier.open(folder)) {
      List<Prediction> three = classifier.classify(image, 3);
      assertEquals(3, three.size());
      assertEquals(three.subList(0, 1), classifier.classify(image, 1));
      assertThrows(IllegalArgumentException.class, () -> classifier.classify(image, 0));
    }
  }

  @Test
  void refusesLabelsThatDoNotFitTheModel() throws IOException {
    rewrite("    \"Trouser\",\n", "");
    BundleException e = assertThrows(BundleException.class, () -> OnnxClassifier.open(folder));
    assertEquals(
        "manifest.json labels: expected 10 labels, as many as the classifier's logits, found 9;"
            + " export the bundle again",
        e.getMessage());
  }

  @Test
  void refusesPreprocessingThatDoesNotFitTheModel() throws IOException {
    rewrite("\"height\": 28", "\"height\": 32");
    BundleException e = assertThrows(BundleException.class, () -> OnnxClassifier.open(folder));
    assertEquals("classifier.onnx", e.file());
    assertTrue(e.expected().contains("32, 28, 1"), e.expected());
  }

  @Test
  void refusesOutputsThatDoNotFitTheModel() throws IOException {
    rewrite("\"name\": \"probabilities\"", "\"name\": \"scores\"");
    BundleException e = assertThrows(BundleException.class, () -> OnnxClassifier.open(folder));
    assertEquals("an output named scores", e.expected());
  }

  @Test
  void refusesATruncatedModelWithAMatchingManifest() throws IOException {
    Path model = folder.resolve("classifier.onnx");
    byte[] whole = Files.readAllBytes(model);
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    Files.write(model, half);
    rewrite("\"size\": " + whole.length, "\"size\": " + half.length);
    rewrite(Sha256.of(whole), Sha256.of(half));
    BundleException e = assertThrows(BundleException.class, () -> OnnxClassifier.open(folder));
    assertEquals("classifier.onnx", e.file());
    assertEquals("a model that ONNX Runtime opens", e.expected());
  }

  /** NaN compares as greater than all numbers, so that its class would seem to be the best. */
  @Test
  void ranksNothingByNaN() throws IOException {
    Path model = folder.resolve("classifier.onnx");
    byte[] sound = Files.readAllBytes(model);
    byte[] poisoned = sound.clone();
    // The tensor's name, the tag of its bytes, and how many they are.
    String before = "head.biasJ" + (char) (10 * Float.BYTES);
    int bias = new String(sound, StandardCharsets.ISO_8859_1).indexOf(before) + before.length();
    assertTrue(bias > before.length());
    ByteBuffer.wrap(poisoned)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putFloat(bias + 3 * Float.BYTES, Float.NaN);
    Files.write(model, poisoned);
    rewrite(Sha256.of(sound), Sha256.of(poisoned));
    List<Pixels> images = sample.images().subList(0, 2);
    try (OnnxClassifier classifier = OnnxClassifier.open(folder)) {
      BundleException e = assertThrows(BundleException.class, () -> classifier.classify(images, 3));
      assertEquals(
          "classifier.onnx probabilities: expected finite numbers, found NaN for image 1 of 2;"
              + " check the weights that were exported, or serve the variant float32",
          e.getMessage());
      assertThrows(BundleException.class, () -> classifier.labels(images.get(0), 0.5));
      List<Prepared> prepared = images.stream().map(classifier::prepare).toList();
      assertThrows(BundleException.class, () -> classifier.classifyPrepared(prepared, 3));
      assertTrue(Float.isNaN(classifier.logits(images)[1][3]));
    }
  }

  private void rewrite(String from, String to) throws IOException {
    Path manifest = folder.resolve("manifest.json");
    String text = Files.readString(manifest);
    assertTrue(text.contains(from), from);
    Files.writeString(manifest, text.replace(from, to));
  }

  private static double[] softmax(float[] logits) {
    double[] exponentials = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      exponentials[i] = Math.exp(logits[i]);
      sum += exponentials[i];
    }
    for (int i = 0; i < logits.length; i++) {
      exponentials[i] /= sum;
    }
    return exponentials;
  }
}
