package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    assertEquals(List.of("float32", "float16", "int8", "int8-static"), bundle.variants());
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
            case "float32" -> 0;
            case "float16" -> HALF_ERROR;
            default -> INT8_ERROR;
          };
      assertTrue(error <= most, variant.name() + " " + error);
      assertTrue(variant.name().equals("float32") || error > 0, variant.name() + " is float32");
      assertEquals(accuracy(bundle, variant.name()), agreement.accuracy(), 1e-9);
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

  /** Two classes; what parts them lies between the two features of the first image. */
  private static ClassifierHead between(float[] float32, float[] int8) {
    int widest = 0;
    for (int i = 0; i < float32.length; i++) {
      boolean wider = Math.abs(float32[i] - int8[i]) > Math.abs(float32[widest] - int8[widest]);
      widest = wider ? i : widest;
    }
    float[] weights = new float[2 * float32.length];
    weights[float32.length + widest] = 1;
    float[] bias = {0, -(float32[widest] + int8[widest]) / 2};
    return new ClassifierHead(
        List.of("left", "right"),
        List.of(1),
        Pooling.CLS_MEAN,
        Tensor.of(weights, 2, float32.length),
        Tensor.of(bias, 2));
  }

  @Test
  void refusesAVariantThatAnswersOtherwiseUnlessForced() throws IOException {
    List<OnnxVariant> int8 = List.of(OnnxVariant.INT8);
    VariantPlan strict = new VariantPlan(int8, images, List.of(), List.of(), false);
    VariantPlan forced = new VariantPlan(int8, images, List.of(), List.of(), true);
    Bundle plain = TinyNetwork.exporter().withVariants(forced).write(target, images);
    float[] right = features(plain, "float32", images)[0];
    // Its batch is that of the comparison, which an image's result in int8 depends on.
    float[] wrong = features(plain, "int8", images)[0];
    Exporter exporter = TinyNetwork.exporter().withHead(between(right, wrong));
    ExportException e =
        assertThrows(
            ExportException.class, () -> exporter.withVariants(strict).write(target, images));
    assertTrue(
        e.toString().contains("variant int8: expected answers as of float32 for 99.0 % of 40"),
        e.toString());
    assertFalse(Files.exists(target.resolve("classifier.onnx")), "the old bundle is there");
    Bundle bundle = exporter.withVariants(forced).write(target, images);
    Variant.Agreement found = bundle.manifest().variants().get(1).agreement();
    assertTrue(found.same() < found.least(), found.toString());
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
}
