package ai.lacuna.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HeldOutTest {

  private static Set<Long> ids(ImageDataset data) throws IOException {
    Set<Long> ids = new TreeSet<>();
    for (int i = 0; i < data.size(); i++) {
      ids.add(data.get(i).id());
    }
    return ids;
  }

  @Test
  void partsAreDisjointAndWhole() throws IOException {
    for (ImageDataset data : List.of(new Stripes(50), new Stripes(50, List.of()))) {
      HeldOut parts = HeldOut.of(data, 0.2);
      assertEquals(10, parts.heldOut().size());
      Set<Long> all = ids(parts.kept());
      assertEquals(40, all.size());
      all.addAll(ids(parts.heldOut()));
      assertEquals(50, all.size());
      assertEquals(ids(parts.heldOut()), ids(HeldOut.of(data, 0.2).heldOut()), "the same again");
    }
  }

  @Test
  void labelledDataIsDividedClassByClass() throws IOException {
    HeldOut parts = HeldOut.of(new Stripes(50), 0.2);
    int down = 0;
    for (int i = 0; i < parts.heldOut().size(); i++) {
      down += parts.heldOut().label(i);
    }
    assertEquals(5, down);
    assertTrue(HeldOut.isLabelled(new Stripes(2)));
    assertFalse(HeldOut.isLabelled(new Stripes(2, List.of())));
  }

  @Test
  void labelsDoNotChangeWhatWasHeldOutWithoutThem() throws IOException {
    ImageDataset labelled = new Stripes(50);
    for (ImageDataset seen : List.of(new Stripes(50, List.of()), labelled)) {
      HeldOut without = HeldOut.of(seen, 0.2);
      HeldOut with = HeldOut.ofSame(labelled, seen, 0.2);
      assertEquals(ids(without.heldOut()), ids(with.heldOut()));
      assertEquals(ids(without.kept()), ids(with.kept()));
      assertTrue(HeldOut.isLabelled(with.kept()));
    }
    assertThrows(
        IllegalArgumentException.class, () -> HeldOut.ofSame(labelled, new Stripes(49), 0.2));
  }

  @Test
  void refusesAShareThatLeavesNothing() {
    for (double share : new double[] {0, 1, 0.001, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> HeldOut.of(new Stripes(50), share));
    }
  }
}
