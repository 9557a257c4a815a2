package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SplitsTest {
  private static final ImageDataset DATA = new LoaderTest.Ramps(60, -1);

  @Test
  void keepsTheProportionsOfTheClasses() throws IOException {
    Splits.Split split = Splits.stratified(DATA, 0.25, 1);
    assertArrayEquals(new int[] {5, 5, 5}, counts(split.heldOut()));
    assertArrayEquals(new int[] {15, 15, 15}, counts(split.kept()));
    Set<Long> ids = new HashSet<>();
    for (ImageDataset part : new ImageDataset[] {split.kept(), split.heldOut()}) {
      for (int i = 0; i < part.size(); i++) {
        assertTrue(ids.add(part.get(i).id()));
        assertEquals(part.get(i).id() % 3, part.label(i));
      }
    }
    assertEquals(60, ids.size());
  }

  @Test
  void givesTheSameSplitForTheSameSeedOnly() throws IOException {
    String first = Splits.stratified(DATA, 0.25, 1).heldOut().fingerprint();
    assertEquals(first, Splits.stratified(DATA, 0.25, 1).heldOut().fingerprint());
    assertNotEquals(first, Splits.stratified(DATA, 0.25, 2).heldOut().fingerprint());
  }

  @Test
  void refusesToHoldOutOfClassesOfOneImageEach() {
    ImageDataset ones = new LoaderTest.Ramps(3, -1);
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> HeldOut.of(ones, 0.4)).getMessage());
    assertTrue(message.contains("expected 2 images of some class"), message);
  }

  @Test
  void holdsOutOneOfTwoButNeverTheOnlyOne() {
    boolean[] held = Splits.heldOut(new int[] {0, 1, 1}, 2, 0.1, 3);
    assertFalse(held[0]);
    assertTrue(held[1] != held[2]);
  }

  @Test
  void drawsTheSameNumberOfEachClass() throws IOException {
    assertArrayEquals(new int[] {7, 7, 7}, counts(Splits.balanced(DATA, 7, 0)));
    assertThrows(DataException.class, () -> Splits.balanced(DATA, 21, 0));
  }

  @Test
  void rejectsAnImpossibleFractionOrIndex() {
    assertThrows(IllegalArgumentException.class, () -> Splits.stratified(DATA, 1, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> Subset.of(DATA, new int[] {60}, "too far"));
  }

  private static int[] counts(ImageDataset data) throws IOException {
    int[] counts = new int[3];
    for (int i = 0; i < data.size(); i++) {
      counts[data.label(i)]++;
    }
    assertEquals(data.size(), Arrays.stream(counts).sum());
    return counts;
  }
}
