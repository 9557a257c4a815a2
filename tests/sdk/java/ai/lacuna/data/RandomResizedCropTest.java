package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import org.junit.jupiter.api.Test;

class RandomResizedCropTest {
  private static final RandomResizedCrop CROP = RandomResizedCrop.of(28, 28, 0.2);

  @Test
  void drawsBoxesOfTheAllowedAreasAndRatios() {
    double least = 1;
    double most = 0;
    double sum = 0;
    for (int i = 0; i < 2000; i++) {
      Box box = CROP.box(280, 420, CounterRandom.of(1, 0, i, Purpose.CROP));
      double area = box.height() * box.width() / (280 * 420);
      double ratio = box.width() / box.height();
      assertTrue(ratio > 0.74 && ratio < 1.35, "ratio " + ratio);
      assertTrue(box.top() + box.height() <= 280 && box.left() + box.width() <= 420);
      least = Math.min(least, area);
      most = Math.max(most, area);
      sum += area;
    }
    assertTrue(least > 0.195 && least < 0.22, "least " + least);
    // A ratio of at most 4/3 fits less than all of an image of 3/2.
    assertTrue(most > 0.8 && most < 0.9, "most " + most);
    assertTrue(Math.abs(sum / 2000 - 0.5) < 0.05, "mean " + sum / 2000);
  }

  @Test
  void takesTheCentreOfARibbon() {
    Box wide = CROP.box(10, 1000, CounterRandom.of(0, 0, 0, Purpose.CROP));
    assertEquals(new Box(0, 493, 10, 13), wide);
    Box tall = CROP.box(1000, 9, CounterRandom.of(0, 0, 0, Purpose.CROP));
    assertEquals(new Box(494, 0, 12, 9), tall);
  }

  @Test
  void isAPureFunctionOfItsKey() {
    Pixels image = image();
    assertArrayEquals(CROP.apply(image, 1, 2, 3).data(), CROP.apply(image, 1, 2, 3).data());
  }

  @Test
  void mirrorsHalfOfTheTime() {
    RandomResizedCrop flipOnly = new RandomResizedCrop(28, 28, 1, 1, Interpolation.BICUBIC, 0.5);
    RandomResizedCrop never = new RandomResizedCrop(28, 28, 1, 1, Interpolation.BICUBIC, 0);
    Pixels image = image();
    int flipped = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] plain = never.apply(image, 0, 0, i).data();
      byte[] drawn = flipOnly.apply(image, 0, 0, i).data();
      flipped += java.util.Arrays.equals(plain, drawn) ? 0 : 1;
    }
    assertTrue(flipped > 430 && flipped < 570, "flipped " + flipped);
  }

  @Test
  void rejectsImpossibleScales() {
    assertThrows(IllegalArgumentException.class, () -> RandomResizedCrop.of(28, 28, 0));
    assertThrows(IllegalArgumentException.class, () -> RandomResizedCrop.of(28, 28, 1.1));
    assertThrows(IllegalArgumentException.class, () -> RandomResizedCrop.of(0, 28, 0.2));
  }

  private static Pixels image() {
    byte[] data = new byte[28 * 28];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * 13);
    }
    return Pixels.of(28, 28, 1, data);
  }
}
