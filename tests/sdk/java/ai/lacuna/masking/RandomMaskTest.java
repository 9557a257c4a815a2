package ai.lacuna.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomMaskTest {
  private static final int PATCHES = 49;
  private static final RandomMask SAMPLER = RandomMask.ofRatio(PATCHES, 0.75);

  @Test
  void removesTheExactShareAsMaeRounds() {
    assertEquals(12, SAMPLER.keep());
    assertEquals(49, RandomMask.keep(196, 0.75));
    Mask mask = SAMPLER.sample(1, 2, 3);
    int removed = 0;
    for (int patch = 0; patch < PATCHES; patch++) {
      removed += mask.removed(patch) ? 1 : 0;
    }
    assertEquals(PATCHES - 12, removed);
  }

  @Test
  void restoreInvertsTheOrderAndKeptPatchesAreNotRemoved() {
    Mask mask = SAMPLER.sample(5, 0, 9);
    Set<Integer> places = new HashSet<>();
    for (int patch = 0; patch < PATCHES; patch++) {
      places.add(mask.idRestore(patch));
    }
    assertEquals(PATCHES, places.size());
    for (int place = 0; place < mask.keep(); place++) {
      assertEquals(place, mask.idRestore(mask.idKeep(place)));
      assertTrue(!mask.removed(mask.idKeep(place)));
    }
  }

  @Test
  void dependsOnSeedEpochAndSampleAlone() {
    assertEquals(order(SAMPLER.sample(1, 2, 3)), order(SAMPLER.sample(1, 2, 3)));
    Set<String> orders = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      orders.add(order(SAMPLER.sample(i, 0, 0)));
      orders.add(order(SAMPLER.sample(100, i, 0)));
      orders.add(order(SAMPLER.sample(100, 100, i)));
    }
    assertEquals(150, orders.size());
  }

  @Test
  void everyPatchIsKeptEquallyOften() {
    int draws = 20_000;
    int[] kept = new int[PATCHES];
    for (int i = 0; i < draws; i++) {
      Mask mask = SAMPLER.sample(7, 0, i);
      for (int place = 0; place < mask.keep(); place++) {
        kept[mask.idKeep(place)]++;
      }
    }
    double expected = draws * 12.0 / PATCHES;
    // Five deviations of a binomial count.
    double tolerance = 5 * Math.sqrt(expected * (1 - 12.0 / PATCHES));
    for (int count : kept) {
      assertEquals(expected, count, tolerance);
    }
  }

  @Test
  void refusesRatiosThatLeaveNothingToSeeOrToPredict() {
    for (double ratio : new double[] {0, 1, -0.5, 1.5, 0.99, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class, () -> RandomMask.ofRatio(PATCHES, ratio), "" + ratio);
    }
  }

  @Test
  void refusesAnOrderThatIsNoPermutation() {
    assertThrows(IllegalArgumentException.class, () -> Mask.of(new int[] {0, 0, 1}, 1));
    assertThrows(IllegalArgumentException.class, () -> Mask.of(new int[] {0, 3, 1}, 1));
    assertThrows(IllegalArgumentException.class, () -> Mask.of(new int[] {0, 1}, 3));
  }

  private static String order(Mask mask) {
    StringBuilder text = new StringBuilder();
    for (int patch = 0; patch < mask.size(); patch++) {
      text.append(mask.idRestore(patch)).append(' ');
    }
    return text.toString();
  }
}
