package ai.lacuna.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CountedTest {
  @Test
  void oneAloneIsSingular() {
    assertEquals("0 steps", Counted.of(0, "step"));
    assertEquals("1 step", Counted.of(1, "step"));
    assertEquals("2,400 steps", Counted.of(2400, "step"));
    assertEquals("1 class", Counted.of(1, "class", "classes"));
    assertEquals("21 classes", Counted.of(21, "class", "classes"));
  }
}
