package ai.lacuna.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ExplicitMaskTest {
  private static final PatchGrid GRID = new PatchGrid(2, 3);

  @Test
  void oneSetIsRemovedFromEveryImage() {
    ExplicitMask masks = ExplicitMask.of(GRID, Set.of(1, 4));
    boolean[] expected = {false, true, false, false, true, false};
    assertArrayEquals(expected, Masks.removed(masks.sample(0, 0, 0)));
    assertArrayEquals(expected, Masks.removed(masks.sample(7, 8, 9)));
    assertEquals(4, masks.sample(0, 0, 0).keep());
  }

  @Test
  void aFunctionGivesTheMaskOfASample() {
    ExplicitMask masks =
        ExplicitMask.of(
            id -> {
              boolean[] removed = new boolean[6];
              removed[(int) (id % 6)] = true;
              return Mask.removing(removed);
            });
    assertTrue(masks.sample(0, 0, 2).removed(2));
    assertTrue(masks.sample(0, 3, 5).removed(5));
  }

  @Test
  void refusesPatchesOutsideOfTheGridAndMasksOfNothing() {
    assertThrows(IllegalArgumentException.class, () -> ExplicitMask.of(GRID, Set.of(6)));
    assertThrows(IllegalArgumentException.class, () -> ExplicitMask.of(GRID, Set.of(-1)));
    assertThrows(IllegalArgumentException.class, () -> ExplicitMask.of(GRID, Set.of()));
    assertThrows(
        IllegalArgumentException.class, () -> ExplicitMask.of(GRID, Set.of(0, 1, 2, 3, 4, 5)));
  }
}
