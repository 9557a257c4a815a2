package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class JudgeTest {
  /** Two classes, each around an axis. */
  private static final float[][] FEATURES = {
    {1, 0.1f}, {1, 0.2f}, {1, -0.1f}, {0.1f, 1}, {0.2f, 1}, {-0.1f, 1}
  };

  private static final List<Integer> CLASSES = List.of(0, 0, 0, 1, 1, 0);

  @Test
  void theNearestOthersVote() {
    Judge judge = new Judge.NearestVote(FEATURES, CLASSES);
    // The last one lies among the others' class.
    assertEquals(5.0 / 6, verdict(judge, FEATURES).accuracy(), 1e-9);
    assertEquals(1, verdict(judge, FEATURES).same(), 1e-9);
    float[][] moved = FEATURES.clone();
    moved[0] = new float[] {0.1f, 1};
    assertEquals(5.0 / 6, verdict(judge, moved).same(), 1e-9);
  }

  @Test
  void anImageFindsItself() {
    Judge judge = new Judge.Retrieval(FEATURES);
    assertEquals(1, verdict(judge, FEATURES).same(), 1e-9);
    float[][] moved = FEATURES.clone();
    moved[0] = new float[] {1, 0.19f};
    Judge.Verdict verdict = verdict(judge, moved);
    assertEquals(5.0 / 6, verdict.same(), 1e-9);
    assertTrue(Double.isNaN(verdict.accuracy()));
  }

  private static Judge.Verdict verdict(Judge judge, float[][] features) {
    return judge.verdict(
        features,
        () -> {
          throw new IllegalStateException("there is no head");
        });
  }
}
