package ai.lacuna.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.Transform;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.Normalization;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandAugmentTest {
  private static final String MAE = "rand-m9-mstd0.5-inc1";
  private static final int DRAWS = 6000;

  @Test
  void readsTheTextOfTimm() {
    RandAugment read = RandAugment.parse(MAE);
    assertEquals(new Magnitude(9, 0.5, 10), read.magnitude());
    assertEquals(2, read.layers());
    assertEquals(0.5, read.probability());
    assertTrue(read.increasing());
    assertEquals(List.of(128), read.fill());
    assertEquals(Set.of(Interpolation.values()), Set.copyOf(read.interpolations()));
    assertEquals(
        new Magnitude(10, Double.POSITIVE_INFINITY, 20),
        RandAugment.parse("rand-mstd101-mmax20").magnitude());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        MAE,
        "rand-m10",
        "rand-m7.5-mstdinf-mmax20-n3-p0.25",
        "rand-m0-n0-p1-inc1",
        "rand-m9-p0.0001"
      })
  void theTextFormComesBack(String text) {
    assertEquals(text, RandAugment.parse(text).text());
    assertEquals(RandAugment.parse(text), RandAugment.parse(RandAugment.parse(text).text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "augmix-m3",
        "rand-",
        "rand-m",
        "rand-x3",
        "rand-n1.5",
        "rand-p2",
        "rand-m101",
        "rand-t3a",
        "rand-ninf",
        "rand-m-9",
        "rand-n1000"
      })
  void refusesOtherTexts(String text) {
    assertThrows(IllegalArgumentException.class, () -> RandAugment.parse(text));
  }

  @Test
  void drawsEachOperationAsOftenAsTheOthersAndAppliesHalf() {
    RandAugment augment = RandAugment.parse(MAE);
    Map<Class<?>, Integer> counts = new HashMap<>();
    int[] lengths = new int[3];
    double turn = 0;
    double square = 0;
    int negative = 0;
    int cubic = 0;
    for (int i = 0; i < DRAWS; i++) {
      List<Operation> drawn = augment.draw(3, 1, i);
      lengths[drawn.size()]++;
      for (Operation operation : drawn) {
        counts.merge(operation.getClass(), 1, Integer::sum);
        if (operation instanceof Geometry.Rotate rotate) {
          double magnitude = Math.abs(rotate.degrees()) / 3;
          turn += magnitude;
          square += magnitude * magnitude;
          negative += rotate.degrees() < 0 ? 1 : 0;
          cubic += rotate.interpolation() == Interpolation.BICUBIC ? 1 : 0;
        }
      }
    }
    assertEquals(15, counts.size());
    // 400 each, with a deviation of 19.
    counts.forEach((kind, count) -> assertNear(400, count, 90, kind.getSimpleName()));
    assertNear(0.25 * DRAWS, lengths[0], 170, "none");
    assertNear(0.5 * DRAWS, lengths[1], 200, "one");
    assertNear(0.25 * DRAWS, lengths[2], 170, "both");
    int rotations = counts.getOrDefault(Geometry.Rotate.class, 0);
    double mean = turn / rotations;
    assertNear(9, mean, 0.1, "magnitude");
    assertNear(0.49, Math.sqrt(square / rotations - mean * mean), 0.08, "its deviation");
    assertNear(rotations / 2.0, negative, 50, "turned right");
    assertNear(rotations / 2.0, cubic, 50, "bicubic");
  }

  private static void assertNear(double expected, double found, double tolerance, String what) {
    assertTrue(Math.abs(expected - found) <= tolerance, what + ": " + found);
  }

  @Test
  void isAPureFunctionOfItsKey() {
    Transform augment = RandAugment.parse(MAE);
    Pixels image = Pictures.named("image|rgb");
    Set<Integer> results = new HashSet<>();
    for (int i = 0; i < 40; i++) {
      byte[] once = augment.apply(image, 1, 2, i).data();
      assertArrayEquals(once, augment.apply(image, 1, 2, i).data());
      results.add(java.util.Arrays.hashCode(once));
    }
    assertTrue(results.size() > 20, "different images: " + results.size());
  }

  @Test
  void nothingHappensWithoutLayersOrChance() {
    Pixels image = Pictures.named("image|grey");
    assertArrayEquals(image.data(), RandAugment.parse("rand-n0").apply(image, 0, 0, 0).data());
    assertArrayEquals(image.data(), RandAugment.parse("rand-p0").apply(image, 0, 0, 0).data());
  }

  @Test
  void fillsWithTheMeanOfTheData() {
    RandAugment augment = RandAugment.parse(MAE).withMean(Normalization.imageNet());
    assertEquals(List.of(124, 116, 104), augment.fill());
    RandAugment cubic = augment.withInterpolation(Interpolation.BICUBIC);
    assertEquals(List.of(Interpolation.BICUBIC), cubic.interpolations());
    assertEquals(augment.fill(), cubic.fill());
  }

  @Test
  void uniformMagnitudesReachFromNothingToTheMean() {
    RandAugment augment = RandAugment.parse("rand-m8-mstdinf-p1-n1");
    double least = 10;
    double most = 0;
    for (int i = 0; i < DRAWS; i++) {
      for (Operation operation : augment.draw(0, 0, i)) {
        if (operation instanceof Geometry.Rotate rotate) {
          least = Math.min(least, Math.abs(rotate.degrees()) / 3);
          most = Math.max(most, Math.abs(rotate.degrees()) / 3);
        }
      }
    }
    assertTrue(least < 0.2 && most > 7.8 && most <= 8, least + " to " + most);
  }
}
