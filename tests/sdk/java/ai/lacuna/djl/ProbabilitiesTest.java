package ai.lacuna.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProbabilitiesTest {
  @Test
  void ranksNothingByNaN() {
    List<String> labels = List.of("cat", "dog", "eel");
    float[] sound = {1, 3, 2};
    float[] logits = {1, 3, Float.NaN};
    for (boolean exclusive : new boolean[] {true, false}) {
      assertEquals(
          "dog", Probabilities.classifications(sound, exclusive, labels, 1).best().getClassName());
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> Probabilities.classifications(logits, exclusive, labels, 1));
      assertEquals(
          "logits: expected finite numbers, found NaN; check the network's weights",
          e.getMessage());
    }
  }
}
