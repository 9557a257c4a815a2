package ai.lacuna.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GridMaskTest {

  @Test
  void keepsTheSamePatchOfEveryTwoByTwoAtThreeQuarters() {
    PatchGrid grid = new PatchGrid(14, 10);
    GridMask sampler = new GridMask(grid, RandomMask.keep(140, 0.75));
    Set<Integer> places = new HashSet<>();
    for (int id = 0; id < 40; id++) {
      Mask mask = sampler.sample(0, 0, id);
      Set<Integer> offsets = new HashSet<>();
      for (int place = 0; place < mask.keep(); place++) {
        int row = mask.idKeep(place) / 10;
        int column = mask.idKeep(place) % 10;
        offsets.add(row % 2 * 2 + column % 2);
      }
      assertEquals(1, offsets.size());
      places.addAll(offsets);
    }
    assertEquals(Set.of(0, 1, 2, 3), places);
  }

  @Test
  void keepsACheckerboardAtOneHalf() {
    PatchGrid grid = new PatchGrid(8, 12);
    boolean[] kept = Masks.kept(new GridMask(grid, 48).sample(0, 0, 3));
    boolean[] expected = new boolean[96];
    for (int patch = 0; patch < 96; patch++) {
      boolean even = (patch / 12 + patch % 12) % 2 == 0;
      expected[patch] = kept[0] == even;
    }
    assertTrue(Arrays.equals(expected, kept));
  }

  @Test
  void noTwoByTwoHasTwoMoreKeptThanAnother() {
    PatchGrid grid = new PatchGrid(12, 8);
    for (int keep = 1; keep < 96; keep++) {
      boolean[] kept = Masks.kept(new GridMask(grid, keep).sample(1, 0, keep));
      int least = 4;
      int most = 0;
      for (int row = 0; row < 12; row += 2) {
        for (int column = 0; column < 8; column += 2) {
          int corner = row * 8 + column;
          int count = 0;
          for (int patch : new int[] {corner, corner + 1, corner + 8, corner + 9}) {
            count += kept[patch] ? 1 : 0;
          }
          least = Math.min(least, count);
          most = Math.max(most, count);
        }
      }
      assertTrue(most - least <= 1, keep + " kept: " + least + " to " + most);
    }
  }
}
