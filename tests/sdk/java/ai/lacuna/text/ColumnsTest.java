package ai.lacuna.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ColumnsTest {
  @Test
  void beginsEachColumnInOnePlace() {
    assertEquals(
        """
        class   top-1  mistaken for
        bag     97.1
        \ud83d\udc60       4      boot
        sandal  12     sneaker
        """,
        Columns.of(
            List.of(
                List.of("class", "top-1", "mistaken for"),
                List.of("bag", "97.1", ""),
                List.of("\ud83d\udc60", "4", "boot"),
                List.of("sandal", "12", "sneaker"))));
  }

  @Test
  void isEmptyWithoutRows() {
    assertEquals("", Columns.of(List.of()));
  }

  @Test
  void refusesARaggedTable() {
    List<List<String>> ragged = List.of(List.of("a", "b"), List.of("c"));

    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> Columns.of(ragged));
    assertEquals("row: expected 2 cells, found [c]", refusal.getMessage());
  }
}
