package ai.lacuna.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.masking.WeightedMask.Prefer;
import ai.lacuna.serving.Pixels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WeightedMaskTest {
  private static final PatchGrid GRID = new PatchGrid(2, 3);
  private static final double[] WEIGHTS = {1, 2, 3, 4, 5, 0};
  private static final Pixels BLANK = Pixels.of(4, 6, 1, new byte[24]);
  private static final int DRAWS = 40_000;

  /** Five deviations of a frequency of one half, the widest. */
  private static final double TOLERANCE = 5 * Math.sqrt(0.25 / DRAWS);

  private static double[] removals(Prefer prefer, int keep) {
    WeightedMask sampler = new WeightedMask(GRID, keep, (id, image) -> WEIGHTS, prefer);
    double[] frequencies = new double[6];
    for (int id = 0; id < DRAWS; id++) {
      Mask mask = sampler.sample(1, 0, id, BLANK);
      for (int patch = 0; patch < 6; patch++) {
        frequencies[patch] += mask.removed(patch) ? 1.0 / DRAWS : 0;
      }
    }
    return frequencies;
  }

  /** The chance of each patch to be among the first to be drawn, by all ways to draw. */
  private static double[] chances(boolean[] drawn, int left) {
    double[] chances = new double[6];
    double total = 0;
    for (int patch = 0; patch < 6; patch++) {
      total += drawn[patch] ? 0 : WEIGHTS[patch];
    }
    for (int patch = 0; patch < 6 && left > 0; patch++) {
      if (!drawn[patch] && WEIGHTS[patch] > 0) {
        boolean[] after = drawn.clone();
        after[patch] = true;
        double[] rest = chances(after, left - 1);
        double share = WEIGHTS[patch] / total;
        for (int other = 0; other < 6; other++) {
          chances[other] += share * (other == patch ? 1 : rest[other]);
        }
      }
    }
    return chances;
  }

  @Test
  void removalFollowsTheWeightsOfSequentialDraws() {
    double[] one = removals(Prefer.REMOVE, 5);
    for (int patch = 0; patch < 6; patch++) {
      assertEquals(WEIGHTS[patch] / 15, one[patch], TOLERANCE);
    }
    double[] three = removals(Prefer.REMOVE, 3);
    double[] expected = chances(new boolean[6], 3);
    for (int patch = 0; patch < 6; patch++) {
      assertEquals(expected[patch], three[patch], TOLERANCE, "patch " + patch);
    }
  }

  @Test
  void keepingFollowsThemToo() {
    double[] removed = removals(Prefer.KEEP, 2);
    double[] kept = chances(new boolean[6], 2);
    for (int patch = 0; patch < 6; patch++) {
      assertEquals(1 - kept[patch], removed[patch], TOLERANCE, "patch " + patch);
    }
  }

  @Test
  void patchesOfNoWeightComeLastInRandomOrder() {
    PatchWeights first = (id, image) -> new double[] {1, 0, 0, 0, 0, 0};
    WeightedMask sampler = new WeightedMask(GRID, 3, first, Prefer.REMOVE);
    int[] removed = new int[6];
    for (int id = 0; id < 5000; id++) {
      boolean[] mask = Masks.removed(sampler.sample(0, 0, id, BLANK));
      for (int patch = 0; patch < 6; patch++) {
        removed[patch] += mask[patch] ? 1 : 0;
      }
    }
    assertEquals(5000, removed[0]);
    for (int patch = 1; patch < 6; patch++) {
      assertEquals(2000, removed[patch], 175); // Five deviations.
    }
  }

  @Test
  void refusesWeightsThatAreNoWeights() {
    for (double[] bad : new double[][] {{1, 2}, {1, 1, 1, 1, 1, -1}, {1, 1, 1, 1, 1, Double.NaN}}) {
      WeightedMask sampler = new WeightedMask(GRID, 3, (id, image) -> bad, Prefer.REMOVE);
      assertThrows(IllegalArgumentException.class, () -> sampler.sample(0, 0, 0, BLANK));
    }
  }

  /** 8 × 8 patches of 4 × 4: flat on the left, stripes of two pixels on the right. */
  private static Pixels halfStriped() {
    byte[] data = new byte[32 * 32];
    for (int y = 0; y < 32; y++) {
      for (int x = 16; x < 32; x++) {
        data[y * 32 + x] = (byte) (x / 2 % 2 == 0 ? 40 : 200);
      }
    }
    return Pixels.of(32, 32, 1, data);
  }

  private static double removedOnTheLeft(String strategy) {
    PatchGrid grid = new PatchGrid(8, 8);
    ImageMaskSampler sampler = MaskStrategy.parse(strategy).sampler(grid, 32);
    double left = 0;
    for (int id = 0; id < 300; id++) {
      Mask mask = sampler.sample(0, 0, id, halfStriped());
      for (int patch = 0; patch < 64; patch++) {
        left += mask.removed(patch) && patch % 8 < 4 ? 1 : 0;
      }
    }
    return left / (300 * 32);
  }

  @Test
  void lowFrequencyPrefersFlatPatches() {
    assertTrue(removedOnTheLeft("low-frequency") > 0.9);
    assertTrue(removedOnTheLeft("low-frequency:prefer=keep") < 0.1);
  }

  @Test
  void saliencyPrefersContrastAndEdges() {
    assertTrue(removedOnTheLeft("saliency") < 0.15);
    assertTrue(removedOnTheLeft("saliency:prefer=keep") > 0.85);
    assertTrue(removedOnTheLeft("saliency:by=edges") < 0.35);
    assertTrue(removedOnTheLeft("saliency:by=edges,prefer=keep") > 0.65);
  }

  @Test
  void aBlankImageHasEqualWeightsWhateverItsColour() {
    byte[] grey = new byte[12 * 8 * 3];
    Arrays.fill(grey, (byte) 200);
    Pixels image = Pixels.of(8, 12, 3, grey);
    PatchGrid grid = new PatchGrid(2, 3);
    for (PatchWeights weights :
        new PatchWeights[] {
          PatchWeights.contrast(grid), PatchWeights.edges(grid), PatchWeights.flatness(grid)
        }) {
      double[] all = weights.of(0, image);
      assertEquals(6, all.length);
      for (double weight : all) {
        assertEquals(all[0], weight);
        assertTrue(weight > 0);
      }
    }
  }

  /** What a resize or a JPEG makes of a blank image; one level more is something to see. */
  @Test
  void aBlankImageThatWasRoundedHasEqualWeights() {
    byte[] grey = new byte[12 * 8 * 3];
    Arrays.fill(grey, (byte) 127);
    grey[0] = (byte) 128;
    grey[100] = (byte) 128;
    PatchGrid grid = new PatchGrid(2, 3);
    List<PatchWeights> all =
        List.of(PatchWeights.contrast(grid), PatchWeights.edges(grid), PatchWeights.flatness(grid));
    for (PatchWeights weights : all) {
      double[] rounded = weights.of(0, Pixels.of(8, 12, 3, grey));
      for (double weight : rounded) {
        assertEquals(rounded[0], weight);
      }
    }
    grey[0] = (byte) 129;
    double[] seen = all.get(0).of(0, Pixels.of(8, 12, 3, grey));
    assertTrue(seen[0] > 2 * seen[5], Arrays.toString(seen));
  }

  /** Their greys are no binary fractions, and rounding must not pass for contrast. */
  @Test
  void patchesOfOneColourEachHaveEqualContrast() {
    byte[] data = new byte[8 * 12 * 3];
    for (int i = 0; i < data.length; i++) {
      int pixel = i / 3;
      int patch = pixel / 48 * 3 + pixel % 12 / 4;
      data[i] = (byte) (7 + 31 * patch + i % 3 * (patch + 1) / 2);
    }
    for (double weight :
        PatchWeights.contrast(new PatchGrid(2, 3)).of(0, Pixels.of(8, 12, 3, data))) {
      assertEquals(1.05, weight);
    }
  }

  @Test
  void contrastIsTheDeviationOfEachPatchOverTheMean() {
    // Two patches: deviation 0 and, of 0 0 100 100, 50.
    byte[] data = {7, 7, 0, 100, 7, 7, 0, 100};
    double[] weights = PatchWeights.contrast(new PatchGrid(1, 2)).of(0, Pixels.of(2, 4, 1, data));
    assertEquals(0.05, weights[0], 1e-6);
    assertEquals(2.05, weights[1], 1e-6);
  }

  /** The definitions, pixel by pixel, of an image beyond whose border the nearest pixels go on. */
  @Test
  void edgesAndFlatnessAreThoseOfANaiveLoop() {
    byte[] data = new byte[12 * 20 * 3];
    new Random(7).nextBytes(data);
    Pixels image = Pixels.of(12, 20, 3, data);
    PatchGrid grid = new PatchGrid(3, 4);
    double[] lengths = new double[12];
    double[] energies = new double[12];
    for (int y = 0; y < 12; y++) {
      for (int x = 0; x < 20; x++) {
        double across = 0;
        double down = 0;
        double bend = -4 * grey(image, y, x);
        for (int d = -1; d <= 1; d++) {
          int weight = d == 0 ? 2 : 1;
          across += weight * (grey(image, y + d, x + 1) - grey(image, y + d, x - 1));
          down += weight * (grey(image, y + 1, x + d) - grey(image, y - 1, x + d));
          bend += d == 0 ? 0 : grey(image, y + d, x) + grey(image, y, x + d);
        }
        int patch = y / 4 * 4 + x / 5;
        lengths[patch] += Math.hypot(across, down) / 20;
        energies[patch] += bend * bend / 20;
      }
    }
    double length = Arrays.stream(lengths).average().orElseThrow();
    double energy = Arrays.stream(energies).average().orElseThrow();
    double[] edges = PatchWeights.edges(grid).of(0, image);
    double[] flatness = PatchWeights.flatness(grid).of(0, image);
    for (int patch = 0; patch < 12; patch++) {
      assertEquals(lengths[patch] / length + 0.05, edges[patch], 1e-12, "patch " + patch);
      assertEquals(1 / (energies[patch] / energy + 0.05), flatness[patch], 1e-12);
    }
  }

  private static double grey(Pixels image, int y, int x) {
    int row = Math.max(0, Math.min(image.height() - 1, y));
    int column = Math.max(0, Math.min(image.width() - 1, x));
    int first = (row * image.width() + column) * 3;
    return (image.data()[first] & 0xff)
        + (image.data()[first + 1] & 0xff)
        + (image.data()[first + 2] & 0xff);
  }

  @Test
  void refusesAnImageThatPatchesDoNotDivide() {
    PatchGrid grid = new PatchGrid(3, 3);
    assertThrows(IllegalArgumentException.class, () -> PatchWeights.edges(grid).of(0, BLANK));
  }
}
