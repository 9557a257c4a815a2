package ai.lacuna.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EncoderTest {
  /** Two rows of three patches: the columns of a grid of two overlap. */
  private static final VitConfig VIT =
      new VitConfig(8, 12, 1, 4, 16, 3, 2, 4, VitConfig.Positions.SIN_COS);

  private static final Preprocessing PREPROCESSING =
      new Preprocessing(8, 12, 1, List.of(0.5), List.of(0.25), Interpolation.BICUBIC, 1);

  /** Float32 sums in another order. */
  private static final float TOLERANCE = 1e-5f;

  /** The requirement for features of another implementation, in float32. */
  private static final double FOREIGN = 1e-4;

  private static NamedTensors weights() {
    Normalization normalization = new Normalization(List.of(0.5), List.of(0.25));
    return Weights.initial(new VisionTransformer(VIT, normalization).program(), 3);
  }

  private static Encoder encoder() {
    return Encoder.of("tiny", VIT, PREPROCESSING, weights(), Device.cpu());
  }

  private static List<Pixels> images(int count) {
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] bytes = new byte[8 * 12];
      new Random(i).nextBytes(bytes);
      images.add(Pixels.of(8, 12, 1, bytes));
    }
    return images;
  }

  private static float[] meanOf(float[][] tokens, int... patches) {
    float[] mean = new float[VIT.embedDim()];
    for (int patch : patches) {
      for (int d = 0; d < mean.length; d++) {
        mean[d] += tokens[1 + patch][d] / patches.length;
      }
    }
    return mean;
  }

  private static float[] part(float[] vector, int index) {
    float[] part = new float[VIT.embedDim()];
    System.arraycopy(vector, index * part.length, part, 0, part.length);
    return part;
  }

  /** {@code tests/fixtures/vit/make_resized_fixture.py}: timm on torch's resampled table. */
  @Test
  void takesImagesOfAnotherSizeWithResampledPositions() {
    Fixture expected = Fixture.read("vit/learned-resized.expected");
    List<Double> mean = List.of(0.485, 0.456, 0.406);
    List<Double> std = List.of(0.229, 0.224, 0.225);
    VitConfig learned = new VitConfig(12, 8, 3, 4, 16, 3, 4, 4, VitConfig.Positions.LEARNED);
    Preprocessing preprocessing = new Preprocessing(12, 8, 3, mean, std, Interpolation.BICUBIC, 1);
    NamedTensors weights = Fixture.read("vit/learned.weights").tensors();
    Dense images = expected.dense("input.images");
    int size = 16 * 20 * 3;
    try (Encoder own = Encoder.of("learned", learned, preprocessing, weights, Device.cpu());
        Encoder other = own.withImageSize(16, 20)) {
      for (int i = 0; i < 2; i++) {
        byte[] bytes = new byte[size];
        for (int j = 0; j < size; j++) {
          bytes[j] = (byte) images.values()[i * size + j];
        }
        float[][] tokens = other.tokens(Pixels.of(16, 20, 3, bytes));
        assertEquals(1 + 20, tokens.length);
        for (int row = 0; row < tokens.length; row++) {
          for (int d = 0; d < 16; d++) {
            double right = expected.dense("tokens").values()[(i * tokens.length + row) * 16 + d];
            assertEquals(right, tokens[row][d], FOREIGN, i + " " + row + " " + d);
          }
        }
      }
      assertEquals(16, other.preprocessing().height());
      assertThrows(IllegalArgumentException.class, () -> own.withImageSize(16, 21));
    }
  }

  @Test
  void poolsTheTokensThatItGives() {
    try (Encoder encoder = encoder()) {
      Pixels image = images(1).get(0);
      float[][] tokens = encoder.tokens(image);
      float[] pooled = encoder.embed(image);
      assertEquals(2 * VIT.embedDim(), pooled.length);
      assertArrayEquals(tokens[0], part(pooled, 0), TOLERANCE);
      assertArrayEquals(meanOf(tokens, 0, 1, 2, 3, 4, 5), part(pooled, 1), TOLERANCE);
      float[] mean = encoder.embed(List.of(image), Pooling.MEAN)[0];
      assertArrayEquals(part(pooled, 1), mean, TOLERANCE);
    }
  }

  @Test
  void cellsOfAGridAreMeansOfTheirPatches() {
    try (Encoder encoder = encoder()) {
      Pixels image = images(1).get(0);
      float[][] tokens = encoder.tokens(image);
      float[] grid = encoder.embed(List.of(image), Pooling.CLS_GRID)[0];
      assertEquals(5 * VIT.embedDim(), grid.length);
      assertArrayEquals(tokens[0], part(grid, 0), TOLERANCE);
      assertArrayEquals(meanOf(tokens, 0, 1), part(grid, 1), TOLERANCE);
      assertArrayEquals(meanOf(tokens, 1, 2), part(grid, 2), TOLERANCE);
      assertArrayEquals(meanOf(tokens, 3, 4), part(grid, 3), TOLERANCE);
      assertArrayEquals(meanOf(tokens, 4, 5), part(grid, 4), TOLERANCE);
    }
  }

  @Test
  void cellsOfAFineGridAreTheirPatches() {
    try (Encoder encoder = encoder()) {
      Pixels image = images(1).get(0);
      float[][] tokens = encoder.tokens(image);
      float[] grid = encoder.embed(List.of(image), Pooling.CLS_GRID7)[0];
      assertEquals(50 * VIT.embedDim(), grid.length);
      assertArrayEquals(tokens[0], part(grid, 0), TOLERANCE);
      int gh = VIT.gridHeight();
      int gw = VIT.gridWidth();
      for (int row = 0; row < 7; row++) {
        for (int column = 0; column < 7; column++) {
          List<Integer> patches = new ArrayList<>();
          for (int y = row * gh / 7; y < Math.ceil((row + 1) * gh / 7.0); y++) {
            for (int x = column * gw / 7; x < Math.ceil((column + 1) * gw / 7.0); x++) {
              patches.add(y * gw + x);
            }
          }
          int[] cell = patches.stream().mapToInt(Integer::intValue).toArray();
          assertArrayEquals(
              meanOf(tokens, cell), part(grid, 1 + row * 7 + column), TOLERANCE, "row " + row);
        }
      }
    }
  }

  @Test
  void blocksAreConcatenatedInTheOrderAsked() {
    try (Encoder encoder = encoder()) {
      List<Pixels> image = images(1);
      for (Pooling pooling : Pooling.values()) {
        float[] both = encoder.features(image, List.of(2, 0), pooling)[0];
        float[] last = encoder.features(image, List.of(2), pooling)[0];
        float[] first = encoder.features(image, List.of(0), pooling)[0];
        assertEquals(2 * pooling.parts() * VIT.embedDim(), both.length);
        for (int i = 0; i < last.length; i++) {
          assertEquals(last[i], both[i]);
          assertEquals(first[i], both[last.length + i]);
        }
      }
    }
  }

  @Test
  void theBatchSizeChangesNothing() {
    try (Encoder encoder = encoder()) {
      List<Pixels> images = images(7);
      float[][] whole = encoder.embed(images, Pooling.CLS_MEAN);
      float[][] threes = encoder.withBatchSize(3).embed(images, Pooling.CLS_MEAN);
      for (int i = 0; i < images.size(); i++) {
        assertArrayEquals(whole[i], threes[i], TOLERANCE);
      }
    }
  }

  @Test
  void takesImagesOfAnySize() {
    try (Encoder encoder = encoder()) {
      assertEquals(2 * VIT.embedDim(), encoder.embed(Pixels.of(30, 50, 3, new byte[4500])).length);
    }
  }

  @Test
  void refusesBlocksThatAreNotThereAndWeightsThatDoNotFit() {
    try (Encoder encoder = encoder()) {
      List<Integer> four = List.of(3);
      assertThrows(
          IllegalArgumentException.class, () -> encoder.features(images(1), four, Pooling.CLS));
    }
    NamedTensors some = weights().only(name -> !name.startsWith("blocks.2."));
    WeightsException refused =
        assertThrows(
            WeightsException.class,
            () -> Encoder.of("cut", VIT, PREPROCESSING, some, Device.cpu()));
    assertTrue(String.valueOf(refused.getMessage()).contains("blocks.2."), refused::toString);
  }

  @Test
  void closesTwice() {
    Encoder encoder = encoder();
    encoder.close();
    encoder.close();
  }
}
