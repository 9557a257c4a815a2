package ai.lacuna.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MaskStrategyTest {
  private static final List<String> TEXTS =
      List.of(
          "random",
          "block",
          "block:least=0.02",
          "block:least=0.5",
          "window",
          "inverse-block",
          "grid",
          "stratified",
          "stratified:blocks=0",
          "stratified:blocks=1,least=0.2",
          "saliency",
          "saliency:by=edges,prefer=keep",
          "low-frequency",
          "low-frequency:prefer=keep");

  @Test
  void everyStrategyRemovesTheExactCountOnEveryGrid() {
    for (String text : TEXTS) {
      for (PatchGrid grid : Masks.GRIDS) {
        for (int keep = 1; keep < grid.size(); keep++) {
          ImageMaskSampler sampler = MaskStrategy.parse(text).sampler(grid, keep);
          for (int id = 0; id < 3; id++) {
            Mask mask = sampler.sample(5, 1, id, Masks.noise(grid, id));
            String where = text + " keeps " + keep + " of " + grid;
            assertEquals(keep, mask.keep(), where);
            assertEquals(grid.size() - keep, Masks.count(Masks.removed(mask)), where);
          }
        }
      }
    }
  }

  @Test
  void everyMaskIsAFunctionOfSeedEpochSampleAndImage() {
    PatchGrid grid = new PatchGrid(12, 18);
    for (String text : TEXTS) {
      ImageMaskSampler sampler = MaskStrategy.parse(text).sampler(grid, 80);
      Set<String> masks = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        for (int[] key : new int[][] {{i, 0, 0}, {50, i, 0}, {50, 50, i}}) {
          Mask mask = sampler.sample(key[0], key[1], key[2], Masks.noise(grid, 3));
          Mask again = sampler.sample(key[0], key[1], key[2], Masks.noise(grid, 3));
          assertArrayEquals(Masks.removed(mask), Masks.removed(again), text);
          masks.add(Arrays.toString(Masks.removed(mask)));
        }
      }
      // Windows of half the grid and more have few places; the others hardly ever repeat.
      assertTrue(masks.size() > 30, text + " drew " + masks.size() + " masks in 60");
    }
  }

  @Test
  void onlySamplersThatLookDependOnTheImage() {
    PatchGrid grid = new PatchGrid(8, 8);
    for (String text : TEXTS) {
      ImageMaskSampler sampler = MaskStrategy.parse(text).sampler(grid, 16);
      boolean looks = text.startsWith("saliency") || text.startsWith("low");
      boolean[] one = Masks.removed(sampler.sample(0, 0, 0, Masks.noise(grid, 1)));
      boolean[] other = Masks.removed(sampler.sample(0, 0, 0, Masks.noise(grid, 2)));
      assertEquals(looks, !Arrays.equals(one, other), text);
      assertEquals(!looks, sampler instanceof MaskSampler, text);
    }
  }

  @Test
  void readsItsOwnText() {
    for (String text : TEXTS) {
      MaskStrategy strategy = MaskStrategy.parse(text);
      assertEquals(strategy, MaskStrategy.parse(strategy.text()));
    }
    assertEquals(new MaskStrategy.Block(0.5), MaskStrategy.parse("block: least = 0.5"));
    assertEquals(new MaskStrategy.Custom("clouds"), MaskStrategy.parse("custom:name=clouds"));
  }

  @Test
  void namesWhatItCannotRead() {
    assertRefuses("blok", "did you mean block");
    assertRefuses("", "expected one of random, block");
    assertRefuses("random:least=0.1", "mask random: expected no values, found least");
    assertRefuses("block:size=4", "mask block: expected one of least, found size");
    assertRefuses("block:least", "mask block: expected key=value");
    assertRefuses("block:least=0.1,least=0.2", "once for each key");
    assertRefuses("block:least=big", "expected a number for least, found big");
    assertRefuses("block:least=0", "more than 0 and at most 1");
    assertRefuses("block:least=NaN", "more than 0 and at most 1");
    assertRefuses("stratified:blocks=1.1", "expected 0 to 1 of the removed patches");
    assertRefuses("saliency:by=colour", "[contrast, edges]");
    assertRefuses("low-frequency:prefer=both", "[remove, keep]");
    assertRefuses("custom", "mask custom: expected a name");
  }

  private static void assertRefuses(String text, String why) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> MaskStrategy.parse(text)).getMessage();
    assertTrue(String.valueOf(message).contains(why), message);
  }

  @Test
  void aCountThatKeepsNothingOrRemovesNothingIsRefused() {
    PatchGrid grid = new PatchGrid(3, 4);
    for (String text : TEXTS) {
      MaskStrategy strategy = MaskStrategy.parse(text);
      for (int keep : new int[] {-1, 0, 12, 13}) {
        assertThrows(IllegalArgumentException.class, () -> strategy.sampler(grid, keep), text);
      }
    }
  }
}
