package ai.lacuna.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
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

  private static String table(List<String> names, int[] expected, int[] predicted) {
    Html html = new Html();
    ConfusionTable.appendTo(html, Confusion.of(names, expected, predicted));
    return html.toString();
  }

  @Test
  void drawsAMatrixOfEscapedNames() {
    String table = table(List.of("<b>", "a & b", "none"), new int[] {0, 0, 1}, new int[] {0, 1, 1});
    assertTrue(table.contains("<th scope=\"col\"><span>&lt;b&gt;</span></th>"), table);
    assertTrue(table.contains("a &amp; b"), table);
    assertFalse(table.contains("<b>"), table);
    assertTrue(table.contains("50.0 %</td>"), table);
    assertTrue(table.contains("–</td></tr>"), "a class without images has no share: " + table);
  }

  @Test
  void listsTheMostFrequentConfusionsOfManyClasses() {
    List<String> names = IntStream.range(0, 40).mapToObj(i -> "c" + i).toList();
    String table = table(names, new int[] {7, 3, 3, 5}, new int[] {7, 4, 4, 6});
    assertFalse(table.contains("class=\"confusion\""), table);
    int first = table.indexOf("<th scope=\"row\">c3</th><td>c4</td><td>2</td>");
    int second = table.indexOf("<th scope=\"row\">c5</th><td>c6</td><td>1</td>");
    assertTrue(first > 0 && second > first, table);
  }
}
