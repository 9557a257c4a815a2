package ai.lacuna.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.export.AlteredBundle;
import ai.lacuna.export.ExportException;
import ai.lacuna.export.Exporter;
import ai.lacuna.export.OnnxVariant;
import ai.lacuna.export.VariantPlan;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.OnnxSegmenter;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.Variant;
import ai.lacuna.vit.SegmentationHead;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bundles of segmenters, served without libtorch. */
class SegmentedExportTest {
  /** Of logits of about 10, in another order of sums. */
  private static final double SAME = 1e-3;

  private final Path directory;

  SegmentedExportTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private Segmented trained(SegmentationHead.Kind kind) throws IOException {
    try (Encoder encoder = Blocks.encoder()) {
      return Segmenter.builder(encoder, Blocks.of(48, 0))
          .batchSize(12)
          .learningRate(0.2)
          .augmentation(SegmentAugmentation.none())
          .head(kind)
          .headWidth(8)
          .plan(UnfreezePlan.parse("head@2, all@4"))
          .run(directory.resolve("run"))
          .build()
          .run()
          .open(Device.cpu());
    }
  }

  private static List<Pixels> images(int count) {
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(Masks.image(new Blocks(1, 500 + i).get(0).pixels()));
    }
    return images;
  }

  @ParameterizedTest
  @EnumSource(SegmentationHead.Kind.class)
  void servesTheMasksOfTheNetwork(SegmentationHead.Kind kind) throws IOException {
    Path folder = directory.resolve("bundle");
    try (Segmented model = trained(kind)) {
      Bundle bundle = model.export(folder, images(5));
      assertEquals(Manifest.Target.PIXELS, bundle.manifest().target());
      assertEquals(Preprocessing.Fit.SQUEEZE, bundle.manifest().preprocessing().fit());
      assertEquals(
          6, bundle.manifest().parity().stream().filter(p -> p.output().equals("logits")).count());
      try (OnnxSegmenter served = OnnxSegmenter.open(folder)) {
        assertEquals(Blocks.CLASSES, served.classes());
        // Wide, tall, smaller than the network's, and of its size.
        for (int[] size : new int[][] {{19, 30}, {40, 9}, {5, 6}, {8, 8}}) {
          Pixels image =
              new Preprocessing(
                      size[0], size[1], 1, List.of(0.0), List.of(1.0), Interpolation.BILINEAR, 1)
                  .squeezed()
                  .apply(images(1).get(0));
          Pixels mask = served.mask(image);
          assertArrayEquals(model.predict(image).data(), mask.data());
          int[][] map = served.classMap(image);
          assertEquals(size[0], map.length);
          assertEquals(size[1], map[0].length);
          assertEquals(mask.data()[size[1] + 2], map[1][2]);
          assertArrayEquals(mask.data(), served.masks(List.of(image, image)).get(1).data());
        }
      }
      NamedTensors sample = Safetensors.read(folder.resolve(Manifest.SAMPLE));
      assertArrayEquals(new long[] {5, 3, 8, 8}, sample.require("logits").shape());
      try (OnnxSegmenter served = bundle.segmenter()) {
        float[] first = served.logits(images(1))[0];
        float[] stored = sample.require("logits").toFloats();
        for (int i = 0; i < first.length; i++) {
          assertEquals(stored[i], first[i], SAME);
        }
      }
      BundleException other = assertThrows(BundleException.class, bundle::classifier);
      assertTrue(
          String.valueOf(other.getMessage()).contains("open its segmenter"), other.getMessage());
    }
    AlteredBundle.poison(folder, Manifest.SEGMENTER_ONNX);
    try (OnnxSegmenter served = OnnxSegmenter.open(folder)) {
      Pixels image = images(1).get(0);
      for (Executable answer :
          List.<Executable>of(
              () -> served.mask(image),
              () -> served.classMap(image),
              () -> served.masks(List.of(image)))) {
        BundleException e = assertThrows(BundleException.class, answer);
        assertEquals(Manifest.SEGMENTER_ONNX + " logits", e.file());
        assertEquals("NaN for image 1 of 1", e.found());
      }
      assertTrue(Float.isNaN(served.logits(List.of(image))[0][0]));
    }
  }

  @ParameterizedTest
  @EnumSource(SegmentationHead.Kind.class)
  void variantsKeepTheClassesOfPixels(SegmentationHead.Kind kind) throws IOException {
    List<Pixels> judging = images(40);
    List<OnnxVariant> variants =
        List.of(OnnxVariant.FLOAT16, OnnxVariant.INT8, OnnxVariant.INT8_STATIC);
    try (Segmented model = trained(kind)) {
      Bundle bundle =
          model
              .exporter()
              .withVariants(new VariantPlan(variants, judging, List.of(), images(20), true))
              .write(directory.resolve("bundle"), images(5));
      assertEquals(List.of("float32", "float16", "int8", "int8-static"), bundle.variants());
      byte[][] right = masks(bundle, "float32", judging);
      for (Variant variant : bundle.manifest().variants()) {
        byte[][] found = masks(bundle, variant.name(), judging);
        int same = 0;
        for (int i = 0; i < found.length; i++) {
          for (int k = 0; k < found[i].length; k++) {
            same += found[i][k] == right[i][k] ? 1 : 0;
          }
        }
        double share = (double) same / (found.length * 64);
        assertEquals(share, variant.agreement().same(), 1e-12, variant.name());
        assertTrue(share > 0.95, variant.name() + " " + share);
        assertEquals("head", variant.agreement().judge());
      }
      assertNotEquals(
          logits(bundle, "float32", judging), logits(bundle, "int8", judging), "int8 rounds");
      BundleException none =
          assertThrows(
              BundleException.class, () -> bundle.segmenter("int4", ServingOptions.defaults()));
      assertTrue(String.valueOf(none.getMessage()).contains("int8-static"), none.getMessage());
    }
  }

  private static byte[][] masks(Bundle bundle, String variant, List<Pixels> images) {
    try (OnnxSegmenter segmenter = bundle.segmenter(variant, ServingOptions.defaults())) {
      return segmenter.masks(images).stream().map(Pixels::data).toArray(byte[][]::new);
    }
  }

  private static float logits(Bundle bundle, String variant, List<Pixels> images) {
    try (OnnxSegmenter segmenter = bundle.segmenter(variant, ServingOptions.defaults())) {
      return segmenter.logits(images)[0][0];
    }
  }

  @Test
  void squeezesNoImagesInsideTheModel() throws IOException {
    try (Segmented model = trained(SegmentationHead.Kind.LINEAR)) {
      Exporter exporter =
          model
              .exporter()
              .withVariants(
                  new VariantPlan(
                      List.of(OnnxVariant.ANY_SIZE), images(2), List.of(), List.of(), true));
      ExportException refusal =
          assertThrows(
              ExportException.class, () -> exporter.write(directory.resolve("bundle"), images(2)));
      assertTrue(
          String.valueOf(refusal.getMessage()).startsWith("variant any-size: expected"),
          refusal.getMessage());
    }
  }

  @Test
  void refusesAPreprocessingThatCrops() throws IOException {
    try (Segmented model = trained(SegmentationHead.Kind.LINEAR);
        Encoder encoder = model.encoder(Device.cpu())) {
      ExportException refusal =
          assertThrows(
              ExportException.class,
              () ->
                  Exporter.of(encoder)
                      .withSegmenter(model.config().network(), model.weights(), model.classes()));
      assertTrue(
          String.valueOf(refusal.getMessage())
              .startsWith("segmenter: expected a preprocessing that squeezes whole images"),
          refusal.getMessage());
      assertTrue(Files.notExists(directory.resolve("bundle")));
    }
  }
}
