package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QuickLinearProbeTest {
  private static final int WIDTH = 4;

  /** Feature {@code label % WIDTH} of an image is greater by 3; classes are 0, 2 and 3. */
  private static FeatureTable table(int rows, long seed) {
    int[] classes = {0, 2, 3};
    Random random = new Random(seed);
    float[] values = new float[rows * WIDTH];
    int[] labels = new int[rows];
    for (int i = 0; i < rows; i++) {
      labels[i] = classes[i % classes.length];
      for (int j = 0; j < WIDTH; j++) {
        values[i * WIDTH + j] = (float) random.nextGaussian() + (j == labels[i] ? 3 : 0);
      }
    }
    return FeatureTable.of(values, WIDTH, labels);
  }

  @Test
  void separatesClassesOfWhichOneHasNoImage() {
    FeatureTable known = table(300, 1);
    FeatureTable queries = table(600, 2);
    int[] found = QuickLinearProbe.usual().classify(known, queries, Device.cpu());
    int right = 0;
    int largest = 0;
    for (int i = 0; i < found.length; i++) {
      right += found[i] == queries.labels()[i] ? 1 : 0;
      int greatest = 0;
      for (int label : new int[] {2, 3}) {
        float[] v = queries.values();
        greatest = v[i * WIDTH + label] > v[i * WIDTH + greatest] ? label : greatest;
      }
      largest += greatest == queries.labels()[i] ? 1 : 0;
    }
    // The greatest of the three features is the best rule there is: Gaussians of one width.
    assertTrue(largest > 550, "the classes overlap little: " + largest);
    assertTrue(right > largest - 12, right + " of 600, the best rule gets " + largest);
    assertEquals(
        right / 600.0, QuickLinearProbe.usual().accuracy(known, queries, Device.cpu()), 1e-9);
  }

  @Test
  void agreesWithAFullFitOfTheSamePenalty() {
    FeatureTable known = table(300, 3);
    FeatureTable queries = table(90, 4);
    int[] dense = Arrays.stream(known.labels()).map(label -> label == 0 ? 0 : label - 1).toArray();
    int[] expected = new int[90];
    try (LogisticRegression full =
        LogisticRegression.of(FeatureTable.of(known.values(), WIDTH, dense), 3, Device.cpu())) {
      LogisticRegression.Fit fit = full.fit(0.1);
      for (int i = 0; i < expected.length; i++) {
        double[] logits = new double[3];
        for (int c = 0; c < 3; c++) {
          logits[c] = fit.bias()[c];
          for (int j = 0; j < WIDTH; j++) {
            logits[c] += fit.weights()[c * WIDTH + j] * queries.values()[i * WIDTH + j];
          }
        }
        int best = logits[0] >= Math.max(logits[1], logits[2]) ? 0 : logits[1] >= logits[2] ? 2 : 3;
        expected[i] = best;
      }
    }
    assertArrayEquals(
        expected, new QuickLinearProbe(0.1, 200).classify(known, queries, Device.cpu()));
  }

  @Test
  void oneClassAloneIsTheAnswer() {
    FeatureTable known = FeatureTable.of(new float[] {1, 2, 3, 4}, 2, new int[] {5, 5});
    assertArrayEquals(
        new int[] {5, 5}, QuickLinearProbe.usual().classify(known, known, Device.cpu()));
  }

  @Test
  void refusesFeaturesOfAnotherLength() {
    FeatureTable other = FeatureTable.of(new float[] {1, 2}, 2, new int[] {0});
    assertThrows(
        IllegalArgumentException.class,
        () -> QuickLinearProbe.usual().classify(table(6, 1), other, Device.cpu()));
    assertThrows(IllegalArgumentException.class, () -> new QuickLinearProbe(0, 5));
  }
}
