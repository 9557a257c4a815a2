package ai.lacuna.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.oracle.Dense;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MixingTest {
  private static final int DRAWS = 20_000;

  /** The greatest distance of distribution functions that one in a thousand samples exceeds. */
  private static final double KOLMOGOROV = 1.95 / Math.sqrt(DRAWS);

  @Test
  void targetsAreThoseOfTimm() {
    int[] labels =
        Arrays.stream(Pictures.FIXTURE.dense("mix|labels").values())
            .mapToInt(v -> (int) v)
            .toArray();
    Map<String, Dense> all = Pictures.FIXTURE.all("targets|");
    assertEquals(6, all.size());
    for (Map.Entry<String, Dense> expected : all.entrySet()) {
      String[] parts = expected.getKey().split("\\|", -1);
      Mix mix = new Mix.Blend(Double.parseDouble(parts[0]));
      float[][] targets = mix.targets(labels, 4, Double.parseDouble(parts[1]));
      for (int i = 0; i < labels.length; i++) {
        float[] row = Arrays.copyOfRange(expected.getValue().toFloats(), 4 * i, 4 * i + 4);
        assertArrayEquals(row, targets[i], 0, expected.getKey());
      }
    }
  }

  @Test
  void boxesAndTheirLambdasAreThoseOfTimm() {
    Map<String, Dense> all = Pictures.FIXTURE.all("box|");
    assertEquals(30, all.size());
    for (Map.Entry<String, Dense> expected : all.entrySet()) {
      String[] parts = expected.getKey().split("\\|", -1);
      int height = Integer.parseInt(parts[0]);
      int width = Integer.parseInt(parts[1]);
      double lambda = Double.parseDouble(parts[2]);
      int y = Integer.parseInt(parts[3]);
      int x = Integer.parseInt(parts[4]);
      Mix.Cut cut = Mix.Cut.around(y, x, lambda, height, width);
      double[] found = {cut.top(), cut.bottom(), cut.left(), cut.right(), cut.lambda()};
      assertArrayEquals(expected.getValue().values(), found, expected.getKey());
    }
  }

  @Test
  void weightsAreTheBoxAndSumToLambda() {
    Mix.Cut cut = new Mix.Cut(1, 2, 4, 5, 6, 7);
    float[] weights = cut.weights(6, 7);
    double sum = 0;
    for (int y = 0; y < 6; y++) {
      for (int x = 0; x < 7; x++) {
        boolean inside = y >= 1 && y < 4 && x >= 2 && x < 5;
        assertEquals(inside ? 0 : 1, weights[y * 7 + x]);
        sum += weights[y * 7 + x];
      }
    }
    assertEquals(cut.lambda(), sum / 42, 1e-12);
    assertThrows(IllegalArgumentException.class, () -> cut.weights(7, 6));
    for (float weight : new Mix.Blend(0.25).weights(3, 4)) {
      assertEquals(0.25f, weight);
    }
  }

  @Test
  void partnersAreThoseFromTheOtherEnd() {
    assertEquals(5, Mix.partner(0, 6));
    assertEquals(2, Mix.partner(2, 5));
    float[][] targets = new Mix.Blend(0.75).targets(new int[] {0, 1}, 2, 0);
    assertArrayEquals(new float[] {0.75f, 0.25f}, targets[0]);
    assertArrayEquals(new float[] {0.25f, 0.75f}, targets[1]);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.8, 1, 4})
  void lambdasHaveTheMomentsOfTheBetaDistribution(double alpha) {
    double sum = 0;
    double square = 0;
    for (int i = 0; i < DRAWS; i++) {
      double x = Beta.draw(alpha, CounterRandom.of(8, 0, i, Purpose.MIXUP));
      assertTrue(x >= 0 && x <= 1, "drawn " + x);
      sum += x;
      square += x * x;
    }
    double mean = sum / DRAWS;
    double variance = square / DRAWS - mean * mean;
    double expected = 1 / (4 * (2 * alpha + 1));
    assertEquals(0.5, mean, 4 * Math.sqrt(expected / DRAWS));
    assertEquals(expected, variance, 0.04 * expected);
  }

  /** Where the distribution function is known: uniform, arcsine, and a polynomial. */
  @Test
  void lambdasHaveTheDistributionFunctionOfTheBetaDistribution() {
    assertDistributed(1, x -> x);
    assertDistributed(0.5, x -> 2 / Math.PI * Math.asin(Math.sqrt(x)));
    assertDistributed(2, x -> x * x * (3 - 2 * x));
  }

  private static void assertDistributed(double alpha, DoubleUnaryOperator function) {
    double[] drawn = new double[DRAWS];
    for (int i = 0; i < DRAWS; i++) {
      drawn[i] = Beta.draw(alpha, CounterRandom.of(9, 0, i, Purpose.MIXUP));
    }
    Arrays.sort(drawn);
    double distance = 0;
    for (int i = 0; i < DRAWS; i++) {
      double expected = function.applyAsDouble(drawn[i]);
      distance = Math.max(distance, Math.abs(expected - (i + 0.5) / DRAWS));
    }
    assertTrue(distance < KOLMOGOROV, alpha + ": " + distance);
  }

  @Test
  void tinyParametersGiveOneEndOrTheOther() {
    for (int i = 0; i < 200; i++) {
      double x = Beta.draw(1e-4, CounterRandom.of(0, 0, i, Purpose.MIXUP));
      assertTrue(x < 0.01 || x > 0.99, "drawn " + x);
    }
  }

  @Test
  void switchesHalfOfTheTimeAndMixesAsOftenAsAsked() {
    Mixing mixing = new Mixing(0.8, 1, 0.75, 0.5);
    int none = 0;
    int cut = 0;
    for (int i = 0; i < 4000; i++) {
      Mix mix = mixing.draw(1, 0, i, 28, 28);
      assertEquals(mix, mixing.draw(1, 0, i, 28, 28));
      none += mix.equals(Mix.none()) ? 1 : 0;
      cut += mix instanceof Mix.Cut ? 1 : 0;
    }
    assertTrue(none > 890 && none < 1110, "none " + none);
    assertTrue(cut > 1390 && cut < 1610, "cut " + cut);
  }

  @Test
  void oneOfTheTwoAloneIsEnough() {
    for (int i = 0; i < 100; i++) {
      assertTrue(new Mixing(0, 1, 1, 0.5).draw(0, 0, i, 9, 9) instanceof Mix.Cut);
      assertTrue(new Mixing(1, 0, 1, 0.5).draw(0, 0, i, 9, 9) instanceof Mix.Blend);
      assertEquals(Mix.none(), Mixing.none().draw(0, 0, i, 9, 9));
    }
  }

  @Test
  void refusesLabelsThatAreNoClasses() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> Mix.none().targets(new int[] {0, -1}, 3, 0.1));
    assertEquals("label of image 1 of the batch: expected 0 to 2, found -1", error.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Mixing(-1, 0, 0, 0));
  }
}
