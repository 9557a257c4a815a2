package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Variant;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Preprocessing in the model against the one resampler of training and serving. */
class AnySizeTest {
  private static final VitConfig CONFIG =
      new VitConfig(16, 24, 3, 8, 16, 1, 2, 2, VitConfig.Positions.SIN_COS);
  private static final int[][] SIZES = {
    {16, 24}, {100, 80}, {31, 47}, {9, 61}, {240, 60}, {17, 25}, {8, 12}, {333, 200}, {64, 96}
  };

  /**
   * Features have a size of 1, and one pixel's level of 255, at a sum that lies between two levels
   * within float32's precision, moves them by thousandths.
   */
  private static final double TOLERANCE = 0.02;

  private final Path folder;

  AnySizeTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static Pixels picture(int height, int width, Random random) {
    byte[] data = new byte[height * width * 3];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          double smooth = 128 + 90 * Math.sin(0.2 * x + c) * Math.cos(0.13 * y - c);
          double level = Math.max(0, Math.min(255, smooth + 40 * random.nextGaussian()));
          data[(y * width + x) * 3 + c] = (byte) Math.round(level);
        }
      }
    }
    return Pixels.of(height, width, 3, data);
  }

  @Test
  void givesTheFeaturesOfServingWhateverTheSize() throws IOException {
    Random random = new Random(6);
    List<Pixels> images = new ArrayList<>();
    for (int[] size : SIZES) {
      images.add(picture(size[0], size[1], random));
    }
    for (Interpolation interpolation : Interpolation.values()) {
      for (double fraction : new double[] {1, 0.875}) {
        check(preprocessing(interpolation, fraction, Preprocessing.Fit.CROP), images);
      }
      check(preprocessing(interpolation, 1, Preprocessing.Fit.PAD), images);
      check(preprocessing(interpolation, 1, Preprocessing.Fit.KEEP), images);
    }
  }

  @Test
  void parityIsMeasuredOnSeveralSizesHoweverFewImagesThereAre() {
    Pixels image = picture(16, 24, new Random(7));
    List<Pixels> mixed =
        AnySize.mixed(
            List.of(image), preprocessing(Interpolation.BICUBIC, 1, Preprocessing.Fit.CROP));
    assertTrue(
        mixed.stream().map(each -> each.height() + " x " + each.width()).distinct().count() >= 5);
    assertEquals(image, mixed.get(0));
  }

  private static Preprocessing preprocessing(
      Interpolation interpolation, double fraction, Preprocessing.Fit fit) {
    return new Preprocessing(
        16,
        24,
        3,
        List.of(0.485, 0.456, 0.406),
        List.of(0.229, 0.224, 0.225),
        interpolation,
        fraction,
        fit);
  }

  private void check(Preprocessing preprocessing, List<Pixels> images) throws IOException {
    Normalization normalization = new Normalization(preprocessing.mean(), preprocessing.std());
    VariantPlan plan =
        new VariantPlan(List.of(OnnxVariant.ANY_SIZE), images, List.of(), List.of(), false);
    Bundle bundle =
        Exporter.of(
                "tiny",
                CONFIG,
                preprocessing,
                Weights.initial(new VisionTransformer(CONFIG, normalization).program(), 5))
            .withVariants(plan)
            .write(folder.resolve("bundle"), images);
    Variant variant = bundle.manifest().variants().get(1);
    assertEquals("any-size", variant.name());
    assertEquals(1, variant.agreement().same());
    try (OnnxEncoder outside = bundle.encoder();
        OnnxEncoder inside = bundle.encoder("any-size")) {
      List<String> wrong = new ArrayList<>();
      for (int i = 0; i < SIZES.length; i++) {
        float[] expected = outside.embed(images.get(i));
        double error = Agreement.maxAbsError(expected, inside.embed(images.get(i)));
        if (!(error <= TOLERANCE)) {
          wrong.add(SIZES[i][0] + " x " + SIZES[i][1] + ": " + error);
        }
      }
      assertTrue(wrong.isEmpty(), preprocessing + ": " + wrong);
      // Two of one size are one call, and each is what it is alone.
      List<Pixels> mixed =
          List.of(images.get(1), images.get(1), images.get(2), images.get(1), images.get(0));
      float[][] together = inside.embed(mixed);
      for (int i = 0; i < mixed.size(); i++) {
        assertArrayEquals(inside.embed(mixed.get(i)), together[i], 1e-5f);
      }
    }
  }
}
