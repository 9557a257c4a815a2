package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionTest {
  private static final List<String> CLASSES = List.of("a", "b", "c");

  @Test
  void countsWhatEachClassWasTakenFor() {
    Confusion confusion =
        Confusion.of(CLASSES, new int[] {0, 0, 0, 1, 1}, new int[] {0, 0, 1, 1, 1});
    assertEquals(2, confusion.count(0, 0));
    assertEquals(1, confusion.count(0, 1));
    assertEquals(0, confusion.count(1, 0));
    assertEquals(2.0 / 3, confusion.accuracy(0));
    assertEquals(0.8, confusion.accuracy());
  }

  @Test
  void classWithoutImagesHasNoAccuracyToDivide() {
    assertEquals(0, Confusion.of(CLASSES, new int[0], new int[0]).accuracy(2));
  }

  @Test
  void refusesListsOfDifferentLength() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Confusion.of(CLASSES, new int[] {0, 1}, new int[] {0}));
  }
}
