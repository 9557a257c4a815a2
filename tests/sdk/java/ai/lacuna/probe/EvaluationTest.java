package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Pooling;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f", "g");

  private static float[] at(int label, double probability) {
    float[] p = new float[NAMES.size()];
    Arrays.fill(p, (float) ((1 - probability) / (p.length - 1)));
    p[label] = (float) probability;
    return p;
  }

  private static Evaluation of(int[] labels, float[]... probabilities) {
    return Evaluation.of(NAMES, labels, i -> probabilities[i]);
  }

  @Test
  void listsTheMostConfidentMistakesFirst() {
    Evaluation e = of(new int[] {0, 0, 1, 2}, at(1, 0.6), at(0, 0.99), at(3, 0.9), at(4, 0.7));
    assertEquals(List.of(2, 3, 0), e.confidentMistakes(9));
    assertEquals(List.of(2), e.confidentMistakes(1));
    assertEquals(0.9f, e.confidence()[2]);
    assertEquals(0.25, e.top1());
  }

  @Test
  void percentIsWhatWasCountedAndNoMore() {
    int[] labels = new int[10_000];
    Arrays.fill(labels, 9071, labels.length, 1);
    Evaluation e = Evaluation.of(NAMES, labels, i -> at(0, 0.9));
    assertEquals(9071, e.right());
    assertEquals("90.71", String.valueOf(e.top1Percent()));
    assertEquals(0.9071, e.top1());
  }

  @Test
  void ofEqualProbabilitiesTheLowerClassIsTaken() {
    float[] none = new float[NAMES.size()];
    Evaluation e = of(new int[] {0, 4, 5, 6}, none, none, none, none);
    assertEquals(0.25, e.top1());
    assertEquals(0.5, e.top5());
  }

  @Test
  void logitsBecomeProbabilities() {
    LinearHead head =
        LinearHead.of(
            new float[] {1, -1}, new float[2], List.of("x", "y"), List.of(0), Pooling.CLS);
    FeatureTable table = FeatureTable.of(new float[] {1, -2}, 1, new int[] {0, 0});
    Evaluation e = Evaluation.of(head, table);
    assertEquals(1 / (1 + Math.exp(-2)), e.confidence()[0], 1e-6);
    assertEquals(1 / (1 + Math.exp(-4)), e.confidence()[1], 1e-6);
    assertEquals(1, e.predicted()[1]);
  }

  /** All of 10 images are right in a third of the cases where the true accuracy is 0.9. */
  @Test
  void theIntervalOfAllOrNoneIsThatOfClopperAndPearson() {
    // scipy.stats.binomtest(n, n).proportion_ci(0.95, 'exact')
    double[][] known = {{1, 0.025}, {10, 0.69150289}, {1000, 0.99631792}};
    for (double[] each : known) {
      int[] labels = new int[(int) each[0]];
      Evaluation.Interval all = Evaluation.of(NAMES, labels, i -> at(0, 0.8)).interval(1000, 0);
      assertEquals(each[1], all.low(), 1e-8);
      assertEquals(1, all.high());
      Evaluation.Interval none = Evaluation.of(NAMES, labels, i -> at(1, 0.8)).interval(1000, 0);
      assertEquals(0, none.low());
      assertEquals(1 - each[1], none.high(), 1e-8);
    }
  }

  @Test
  void theIntervalIsAsWideAsTheBinomialsAndRepeats() {
    int n = 1000;
    Evaluation e = Evaluation.of(NAMES, new int[n], i -> at(i % 10 == 0 ? 1 : 0, 0.8));
    Evaluation.Interval interval = e.interval(1000, 4);
    double deviation = Math.sqrt(0.9 * 0.1 / n);
    assertEquals(0.9 - 1.96 * deviation, interval.low(), 0.003);
    assertEquals(0.9 + 1.96 * deviation, interval.high(), 0.003);
    assertEquals(interval, e.interval(1000, 4));
    assertTrue(LongStream.range(0, 9).mapToObj(s -> e.interval(40, s)).distinct().count() > 1);
    assertThrows(IllegalArgumentException.class, () -> e.interval(39, 0));
  }
}
