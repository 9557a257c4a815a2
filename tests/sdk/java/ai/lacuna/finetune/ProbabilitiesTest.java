package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.lacuna.vit.HeadConfig.Target;
import ai.lacuna.weights.WeightsException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbabilitiesTest {
  @Test
  void ranksNothingByNaN() {
    for (Target target : new Target[] {Target.CLASSES, Target.LABELS}) {
      Probabilities probabilities = new Probabilities(target, List.of("cat", "dog", "eel"));
      float[][] sound = {{1, 3, 2}};
      assertEquals("dog", probabilities.best(sound, 1).get(0).get(0).label());
      float[][] logits = {{1, 3, 2}, {1, 3, Float.NaN}};
      WeightsException e =
          assertThrows(WeightsException.class, () -> probabilities.best(logits, 1));
      assertEquals(
          "classify: expected finite logits, found NaN; check the network's weights",
          e.getMessage());
    }
  }
}
