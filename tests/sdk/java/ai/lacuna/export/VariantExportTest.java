package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.graph.Precision;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VariantExportTest {
  private static final List<OnnxVariant> ALL = List.of(OnnxVariant.values());
  private static final ClassifierHead HEAD = TinyNetwork.head(List.of(0, 1), Pooling.CLS_MEAN);

  /** Features of unit size, one of which 8 bits move by about a hundredth. */
  private static final double INT8_ERROR = 0.2;

  private static final double HALF_ERROR = 0.01;

  private final List<Pixels> images = TinyNetwork.images(40);
  private final Path target;

  VariantExportTest(@TempDir Path folder) throws IOException {
    this.target = folder.resolve("bundle");
  }

  @Test
  void writesModelsInOtherNumbersWithTheirFigures() throws IOException {
    List<Integer> classes = images.stream().map(image -> 3).toList();
    Bundle bundle =
        TinyNetwork.exporter()
            .withHead(HEAD)
            .withVariants(new VariantPlan(ALL, images, classes, images.subList(0, 8), true))
            .write(target, images);
    assertEquals(
        List.of("float32", "float16", "int8", "int8-static", "any-size"), bundle.variants());
    Manifest manifest = bundle.manifest();
    assertEquals(bundle.variants(), manifest.variants().stream().map(Variant::name).toList());
    List<Pixels> some = images.subList(0, 6);
    float[][] expected = features(bundle, "float32", some);
    for (Variant variant : manifest.variants()) {
      Variant.Agreement agreement = variant.agreement();
      assertEquals("head", agreement.judge());
      assertEquals(40, agreement.images());
      assertEquals(
          Files.size(bundle.require(Variant.fileOf("encoder.onnx", variant.name()))),
          variant.bytes());
      assertTrue(agreement.minCosine() > 0.99, variant.toString());
      assertTrue(agreement.meanCosine() >= agreement.minCosine(), variant.toString());
      assertTrue(variant.speed().milliseconds() > 0, variant.toString());
      float[][] found = features(bundle, variant.name(), some);
      double error = 0;
      for (int i = 0; i < found.length; i++) {
        error = Math.max(error, Agreement.maxAbsError(expected[i], found[i]));
      }
      double most =
          switch (variant.name()) {
            case "float32", "any-size" -> 1e-5;
            case "float16" -> HALF_ERROR;
            default -> INT8_ERROR;
          };
      assertTrue(error <= most, variant.name() + " " + error);
      boolean exact = variant.exactBlocks() == 2;
      assertTrue(exact || error > 1e-5, variant.name() + " is float32");
      if (!variant.name().equals("any-size")) {
        // Which is judged on images of other sizes.
        assertEquals(accuracy(bundle, variant.name()), agreement.accuracy(), 1e-9);
      }
    }
  }

  /** Weights of 1e6 are infinite in half precision; float32 has them, and the norm is behind. */
  @Test
  void refusesNumbersThatCanNotHoldTheFeatures() {
    NamedTensors.Builder large = NamedTensors.builder();
    for (NamedTensors.Entry entry : TinyNetwork.weights()) {
      float[] values = entry.tensor().toFloats();
      if (entry.name().equals("blocks.1.mlp.fc1.weight")) {
        for (int i = 0; i < values.length; i++) {
          values[i] *= 1e6f;
        }
      }
      large.add(entry.name(), Tensor.of(values, entry.tensor().shape()));
    }
    Exporter exporter =
        Exporter.of("large", TinyNetwork.CONFIG, TinyNetwork.PREPROCESSING, large.build())
            .withTolerance(0.01);
    for (boolean forced : new boolean[] {false, true}) {
      VariantPlan plan =
          new VariantPlan(List.of(OnnxVariant.FLOAT16), images, List.of(), List.of(), forced);
      String message =
          String.valueOf(
              assertThrows(
                      ExportException.class,
                      () -> exporter.withVariants(plan).write(target, images))
                  .getMessage());
      assertTrue(message.startsWith("variant float16: expected finite features"), message);
      assertFalse(Files.exists(target));
    }
  }

  private static float[][] features(Bundle bundle, String variant, List<Pixels> images) {
    try (OnnxEncoder encoder = bundle.encoder(variant)) {
      return encoder.embed(images);
    }
  }

  /** The share of class 3. */
  private double accuracy(Bundle bundle, String variant) {
    try (OnnxClassifier classifier = bundle.classifier(variant, ServingOptions.defaults())) {
      return classifier.classify(images, 1).stream().filter(p -> p.get(0).index() == 3).count()
          / (double) images.size();
    }
  }

  @Test
  void anImageInStaticInt8DoesNotDependOnItsBatch() throws IOException {
    Bundle bundle =
        TinyNetwork.exporter()
            .withVariants(new VariantPlan(ALL, images, List.of(), images, true))
            .write(target, images);
    float[] alone = features(bundle, "int8-static", images.subList(0, 1))[0];
    float[] together = features(bundle, "int8-static", images.subList(0, 9))[0];
    // Sums of the same integers; what is float32 may be added in another order.
    assertEquals(0, Agreement.maxAbsError(alone, together), 1e-5);
    assertEquals("retrieval", bundle.manifest().variants().get(0).agreement().judge());
    assertTrue(Double.isNaN(bundle.manifest().variants().get(0).agreement().accuracy()));
  }

  /** Two classes, which float32 hardly tells apart, and anything else by its own errors. */
  private static ClassifierHead undecided(float[][] float32) {
    int width = float32[0].length;
    List<double[]> basis = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i <= float32.length; i++) {
      double[] vector = new double[width];
      for (int k = 0; k < width; k++) {
        vector[k] = i < float32.length ? float32[i][k] : random.nextGaussian();
      }
      for (double[] other : basis) {
        double dot = dot(vector, other);
        Arrays.setAll(vector, k -> vector[k] - dot * other[k]);
      }
      double length = Math.sqrt(dot(vector, vector));
      Arrays.setAll(vector, k -> vector[k] / length);
      basis.add(vector);
    }
    // The last is at a right angle to the features of all images.
    float[] weights = new float[2 * width];
    for (int k = 0; k < width; k++) {
      weights[width + k] = (float) basis.get(float32.length)[k];
    }
    return new ClassifierHead(
        List.of("left", "right"),
        List.of(1),
        Pooling.CLS_MEAN,
        Tensor.of(weights, 2, width),
        Tensor.of(new float[] {0, 1e-4f}, 2));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  @Test
  void refusesAVariantThatAnswersOtherwiseUnlessForced() throws IOException {
    List<OnnxVariant> int8 = List.of(OnnxVariant.INT8);
    List<Pixels> few = images.subList(0, 8);
    VariantPlan strict = new VariantPlan(int8, few, List.of(), List.of(), false);
    VariantPlan forced = new VariantPlan(int8, few, List.of(), List.of(), true);
    Bundle plain = TinyNetwork.exporter().write(target, few);
    ClassifierHead head = undecided(features(plain, "float32", few));
    Exporter exporter = TinyNetwork.exporter().withHead(head);
    ExportException e =
        assertThrows(ExportException.class, () -> exporter.withVariants(strict).write(target, few));
    assertTrue(
        e.toString().contains("variant int8: expected answers as of float32 for 99.0 % of 8"),
        e.toString());
    assertFalse(Files.exists(target.resolve("classifier.onnx")), "the old bundle is there");
    Bundle bundle = exporter.withVariants(forced).write(target, few);
    Variant found = bundle.manifest().variants().get(1);
    assertTrue(found.agreement().same() < found.agreement().least(), found.toString());
    assertEquals(0, found.exactBlocks());
  }

  @Test
  void namesTheVariantsThatThereAre() throws IOException {
    Bundle bundle = TinyNetwork.exporter().write(target, images);
    assertEquals(List.of("float32"), bundle.variants());
    BundleException e = assertThrows(BundleException.class, () -> bundle.encoder("int8"));
    assertTrue(e.toString().contains("expected float32, found int8"), e.toString());
  }

  @Test
  void staticInt8WantsCalibrationImages() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new VariantPlan(ALL, images, List.of(), List.of(), false));
    assertTrue(e.toString().contains("int8-static: expected calibration images"), e.toString());
  }

  @Test
  void exportsChosenLayersArchivesIn16BitsAndTheWholeAutoencoder() throws IOException {
    MaskedAutoencoder whole = TinyNetwork.autoencoder();
    NamedTensors all = Weights.initial(whole.program(), 5);
    Set<String> encoder = new HashSet<>(TinyNetwork.weights().names());
    Bundle bundle =
        Exporter.of(
                "tiny.random",
                TinyNetwork.CONFIG,
                TinyNetwork.PREPROCESSING,
                all.only(encoder::contains))
            .withHead(HEAD)
            .withLayers(List.of(1, 0))
            .withArchives(List.of(Precision.BFLOAT16, Precision.FLOAT16))
            .withAutoencoder(whole, all)
            .write(target, images);
    for (String file : List.of("encoder", "classifier", "autoencoder")) {
      long float32 = Files.size(bundle.require(file + ".pt"));
      for (String precision : List.of("bfloat16", "float16")) {
        long low = Files.size(bundle.require(file + "." + precision + ".pt"));
        assertTrue(low < float32, file + " " + precision + " " + low + " " + float32);
      }
    }
    assertEquals(
        Set.of(
            "torchscript pred 32", "torchscript bfloat16 pred 32", "torchscript float16 pred 32"),
        bundle.manifest().parity().stream()
            .filter(p -> p.output().equals("pred") && p.batchSize() == 32)
            .map(p -> p.candidate() + " pred " + p.batchSize())
            .collect(Collectors.toSet()));
    try (OnnxEncoder onnx = bundle.encoder()) {
      // The last block's are the tokens.
      assertArrayEquals(onnx.tokens(images.get(0))[3], onnx.tokens(images.get(0), 1)[3], 1e-6f);
      assertEquals(17, onnx.tokens(images.get(0), 0).length);
      BundleException e = assertThrows(BundleException.class, () -> onnx.tokens(images.get(0), 7));
      assertTrue(e.toString().contains("tokens_block7"), e.toString());
    }
    ExportException e =
        assertThrows(ExportException.class, () -> TinyNetwork.exporter().withLayers(List.of(0, 2)));
    assertTrue(e.toString().contains("different blocks from 0 to 1, found [0, 2]"), e.toString());
  }
}
