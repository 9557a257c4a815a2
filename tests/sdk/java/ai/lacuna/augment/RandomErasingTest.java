package ai.lacuna.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.Normalization;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomErasingTest {
  private static final Normalization HALF =
      new Normalization(List.of(0.5, 0.25, 0.75), List.of(0.1, 0.05, 0.02));
  private static final int SIDE = 60;

  /** An image with values that neither fill nor noise of a few deviations reaches. */
  private static Pixels black() {
    return Pixels.of(SIDE, SIDE, 3, new byte[SIDE * SIDE * 3]);
  }

  private static RandomErasing always(RandomErasing.Mode mode) {
    return RandomErasing.of(mode, HALF).withProbability(1);
  }

  @Test
  void erasesAQuarterOfTheImages() {
    RandomErasing erasing = RandomErasing.of(RandomErasing.Mode.CONSTANT, HALF);
    int changed = 0;
    for (int i = 0; i < 2000; i++) {
      changed += Arrays.equals(black().data(), erasing.apply(black(), 0, 0, i).data()) ? 0 : 1;
    }
    assertTrue(changed > 420 && changed < 580, "changed " + changed);
  }

  @Test
  void fillsOneRectangleOfTheAllowedAreaAndAspectWithTheMean() {
    double leastArea = 1;
    double mostArea = 0;
    double leastAspect = 10;
    double mostAspect = 0;
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
      Box box = box(always(RandomErasing.Mode.CONSTANT).apply(black(), 7, 0, i));
      double aspect = (double) box.height / box.width;
      double area = (double) box.height * box.width / (SIDE * SIDE);
      leastArea = Math.min(leastArea, area);
      mostArea = Math.max(mostArea, area);
      leastAspect = Math.min(leastAspect, aspect);
      mostAspect = Math.max(mostAspect, aspect);
      sum += area;
    }
    assertTrue(leastArea > 0.017 && leastArea < 0.03, "least " + leastArea);
    assertTrue(mostArea > 0.31 && mostArea < 0.345, "most " + mostArea);
    assertTrue(Math.abs(sum / 1000 - 0.177) < 0.01, "mean " + sum / 1000);
    assertTrue(leastAspect > 0.26 && leastAspect < 0.36, "least " + leastAspect);
    assertTrue(mostAspect < 3.8 && mostAspect > 2.8, "most " + mostAspect);
  }

  private record Box(int height, int width) {}

  /** The rectangle that is not black, which must be full, and of the means of its channels. */
  private static Box box(Pixels image) {
    byte[] mean = {(byte) 128, 64, (byte) 191};
    int top = SIDE;
    int bottom = 0;
    int left = SIDE;
    int right = 0;
    int count = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
      byte[] pixel = Arrays.copyOfRange(image.data(), 3 * i, 3 * i + 3);
      if (!Arrays.equals(pixel, new byte[3])) {
        assertArrayEquals(mean, pixel);
        top = Math.min(top, i / SIDE);
        bottom = Math.max(bottom, i / SIDE + 1);
        left = Math.min(left, i % SIDE);
        right = Math.max(right, i % SIDE + 1);
        count++;
      }
    }
    assertEquals((bottom - top) * (right - left), count);
    return new Box(bottom - top, right - left);
  }

  @Test
  void oneColourOrNoiseForEachPixelHasTheDataStatistics() {
    Set<Integer> colours = new HashSet<>();
    double sum = 0;
    double square = 0;
    int count = 0;
    for (int i = 0; i < 60; i++) {
      Pixels one = always(RandomErasing.Mode.RANDOM).apply(black(), 1, 0, i);
      Set<Integer> own = new HashSet<>();
      for (int p = 0; p < SIDE * SIDE; p++) {
        own.add(Arrays.hashCode(Arrays.copyOfRange(one.data(), 3 * p, 3 * p + 3)));
      }
      assertEquals(2, own.size());
      colours.addAll(own);
      Pixels noise = always(RandomErasing.Mode.PIXEL).apply(black(), 1, 0, i);
      for (int p = 0; p < noise.data().length; p += 3) {
        int value = noise.data()[p] & 0xff;
        sum += value;
        square += value * value;
        count += value > 0 ? 1 : 0;
      }
    }
    assertTrue(colours.size() > 50, "colours " + colours.size());
    double mean = sum / count;
    assertEquals(0.5 * 255, mean, 0.5);
    assertEquals(0.1 * 255, Math.sqrt(square / count - mean * mean), 0.5);
  }

  @Test
  void severalRectanglesShareTheArea() {
    RandomErasing erasing = always(RandomErasing.Mode.CONSTANT).withMaxCount(5);
    for (int i = 0; i < 300; i++) {
      Pixels image = erasing.apply(black(), 2, 0, i);
      int erased = 0;
      for (int p = 0; p < image.data().length; p += 3) {
        erased += image.data()[p] == 0 ? 0 : 1;
      }
      assertTrue(erased > 0 && erased < 0.36 * SIDE * SIDE, "erased " + erased);
    }
  }

  @Test
  void noiseIsCutToBytes() {
    RandomErasing wide =
        RandomErasing.of(RandomErasing.Mode.PIXEL, new Normalization(List.of(0.5), List.of(10.0)))
            .withProbability(1);
    Pixels noise = wide.apply(Pixels.of(30, 30, 1, new byte[900]), 0, 0, 0);
    int white = 0;
    for (byte value : noise.data()) {
      white += value == -1 ? 1 : 0;
    }
    assertTrue(white > 5, "white " + white);
  }

  @Test
  void refusesImagesOfOtherChannelsThanTheStatistics() {
    DataException error =
        assertThrows(
            DataException.class,
            () ->
                RandomErasing.of(RandomErasing.Mode.PIXEL, HALF)
                    .apply(Pictures.noise(8, 8, 1), 0, 0, 0));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("3 channels"), message);
  }
}
