package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static Scores scores(int classes, float[]... logits) {
    List<String> names = IntStream.range(0, classes).mapToObj(i -> "c" + i).toList();
    Tally tally = new Tally(Targets.classes(names), ValueScale.none());
    for (int label = 0; label < logits.length; label++) {
      float[] right = new float[classes];
      right[label] = 1;
      tally.add(logits[label], right);
    }
    return tally.scores();
  }

  /** One that says nothing recognises one class at once, and five in five guesses. */
  @Test
  void ofEqualLogitsTheLowerClassCountsAsGreater() {
    Scores scores = scores(10, new float[10][10]);
    assertEquals(0.1, scores.figure("top1"));
    assertEquals(0.5, scores.figure("top5"));
    assertEquals(Math.log(10), scores.figure("loss"), 1e-12);
  }

  @Test
  void ofFewClassesThereIsNoTop5() {
    Scores scores = scores(3, new float[] {0, 1, 2}, new float[] {0, 1, 2}, new float[] {0, 1, 2});
    assertEquals(1.0 / 3, scores.figure("top1"));
    assertEquals(List.of("top1", "loss"), List.copyOf(scores.figures().keySet()));
    assertEquals(
        List.of("top1", "top5", "loss"),
        List.copyOf(scores(6, new float[6][6]).figures().keySet()));
  }
}
