package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Pixels;
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

  @Test
  void pixelsOfAllImagesCountAlike() {
    VariantPlan plan =
        new VariantPlan(
            List.of(),
            List.of(Pixels.of(1, 4, 1, new byte[4]), Pixels.of(1, 1, 1, new byte[1])),
            List.of(),
            List.of(),
            false);
    float[][] classes = {{0, 1, 2, 2}, {1}};
    Judge judge = new Judge.OfHead(Manifest.Target.PIXELS, plan, classes);
    assertEquals(1, judge.verdict(FEATURES, () -> classes).same());
    Judge.Verdict moved = judge.verdict(FEATURES, () -> new float[][] {{0, 1, 0, 2}, {0}});
    assertEquals(3.0 / 5, moved.same(), 1e-9);
    assertTrue(Double.isNaN(moved.accuracy()));
  }

  /** The largest of NaN alone seems to be the first, and its sign that of what is absent. */
  @Test
  void noNumberIsNoAnswer() {
    VariantPlan plan =
        new VariantPlan(
            List.of(), List.of(Pixels.of(1, 1, 1, new byte[1])), List.of(), List.of(), false);
    float[][] logits = {{0.5f, -1, -2}};
    float[][] none = {{Float.NaN, Float.NaN, Float.NaN}};
    for (Manifest.Target target :
        new Manifest.Target[] {
          Manifest.Target.CLASSES, Manifest.Target.LABELS, Manifest.Target.VALUES
        }) {
      Judge judge = new Judge.OfHead(target, plan, logits);
      assertEquals(1, judge.verdict(FEATURES, () -> logits).same(), target.name());
      assertFalse(judge.verdict(FEATURES, () -> none).same() > 0, target.name());
    }
  }

  private static Judge.Verdict verdict(Judge judge, float[][] features) {
    return judge.verdict(
        features,
        () -> {
          throw new IllegalStateException("there is no head");
        });
  }
}
