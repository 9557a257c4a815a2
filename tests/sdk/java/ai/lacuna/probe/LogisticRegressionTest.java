package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LogisticRegressionTest {
  /** The products run in float32; the coefficients are those of standardised features. */
  private static final double COEFFICIENT_TOLERANCE = 1e-4;

  @SuppressWarnings("ArrayRecordComponent") // read from JSON, never compared
  record Fixture(
      int classes,
      int columns,
      float[] features,
      double[] scales,
      int[] labels,
      List<Coefficients> fits) {}

  @SuppressWarnings("ArrayRecordComponent") // read from JSON, never compared
  record Coefficients(double c, double[] weights, double[] bias) {}

  private static Fixture fixture =
      new Fixture(0, 0, new float[0], new double[0], new int[0], List.of());

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in =
        LogisticRegressionTest.class.getResourceAsStream(
            "/fixtures/logistic_regression_sklearn.json")) {
      fixture =
          new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class);
    }
  }

  /** Where a block of 8 million features would have more logits than an array holds. */
  @Test
  void blocksOfManyClassesHaveFewerRows() {
    for (int classes : new int[] {2, 1000, 70_000, Integer.MAX_VALUE}) {
      for (int columns : new int[] {1, 192, 1024}) {
        long rows = SoftmaxObjective.blockRows(columns, classes);
        assertTrue(rows >= 1 && rows * classes <= Integer.MAX_VALUE, classes + ", " + columns);
      }
    }
    assertEquals((8 << 20) / 192, SoftmaxObjective.blockRows(192, 1000));
  }

  @Test
  void refusesMoreWeightsThanAnArrayHolds() {
    assertEquals(1_025_000, SoftmaxObjective.parameters(1024, 1000));
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () -> SoftmaxObjective.parameters(1 << 16, 1 << 15))
                .getMessage());
    assertTrue(message.contains("found 32768 classes of 65536 features"), message);
  }

  @Test
  void findsTheCoefficientsThatScikitLearnFinds() {
    try (LogisticRegression regression =
        LogisticRegression.of(table(), fixture.classes(), Device.cpu(), 1e-7)) {
      for (Coefficients expected : fixture.fits()) {
        LogisticRegression.Fit fit = regression.fit(expected.c());
        for (int i = 0; i < expected.weights().length; i++) {
          double scale = fixture.scales()[i % fixture.columns()];
          assertEquals(
              expected.weights()[i] * scale,
              fit.weights()[i] * scale,
              COEFFICIENT_TOLERANCE * (1 + Math.abs(expected.weights()[i] * scale)),
              "c " + expected.c() + ", weight " + i);
        }
        for (int i = 0; i < fixture.classes(); i++) {
          assertEquals(
              logit(expected, i), logit(fit, i), 2e-3, "c " + expected.c() + ", class " + i);
        }
      }
    }
  }

  /** The logit of the first image: the folded bias on its own is a difference of large numbers. */
  private static double logit(Coefficients fit, int label) {
    return fit.bias()[label]
        + IntStream.range(0, fixture.columns())
            .mapToDouble(k -> fit.weights()[label * fixture.columns() + k] * fixture.features()[k])
            .sum();
  }

  private static double logit(LogisticRegression.Fit fit, int label) {
    return fit.bias()[label]
        + IntStream.range(0, fixture.columns())
            .mapToDouble(
                k -> (double) fit.weights()[label * fixture.columns() + k] * fixture.features()[k])
            .sum();
  }

  /** Where scikit-learn's objective of two classes, of one vector of weights, has its minimum. */
  @Test
  void ofTwoClassesFindsWhatScikitLearnFindsAtTwiceC() {
    int n = 40;
    float[] features = new float[n];
    int[] labels = new int[n];
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      features[i] = i * 37 % n / 4f;
      labels[i] = features[i] + 5 * (i % 3) > 9 ? 1 : 0;
      sum += features[i];
      squares += features[i] * features[i];
    }
    double mean = sum / n;
    double scale = Math.sqrt(squares / n - mean * mean);
    double c = 0.05;
    try (LogisticRegression regression =
        LogisticRegression.of(FeatureTable.of(features, 1, labels), 2, Device.cpu(), 1e-7)) {
      LogisticRegression.Fit fit = regression.fit(c);
      double weight = fit.weights()[1] - fit.weights()[0];
      double bias = fit.bias()[1] - fit.bias()[0];
      double slope = weight * scale;
      for (int i = 0; i < n; i++) {
        double probability = 1 / (1 + Math.exp(-weight * features[i] - bias));
        slope -= 2 * c * (labels[i] - probability) * (features[i] - mean) / scale;
      }
      assertTrue(weight > 0.1, "weight " + weight);
      assertEquals(0, slope, COEFFICIENT_TOLERANCE);
    }
  }

  @Test
  void ignoresHeldOutRows() {
    boolean[] heldOut = new boolean[table().rows()];
    for (int i = 0; i < heldOut.length; i += 3) {
      heldOut[i] = true;
    }
    int[] garbled = fixture.labels().clone();
    for (int i = 0; i < heldOut.length; i += 3) {
      garbled[i] = (garbled[i] + 1) % fixture.classes();
    }
    int right;
    int rightWhenGarbled;
    try (LogisticRegression regression =
        LogisticRegression.of(table(), fixture.classes(), Device.cpu())) {
      right = regression.rightAmongHeldOut(1, heldOut);
    }
    FeatureTable other = FeatureTable.of(fixture.features(), fixture.columns(), garbled);
    try (LogisticRegression regression =
        LogisticRegression.of(other, fixture.classes(), Device.cpu())) {
      rightWhenGarbled = regression.rightAmongHeldOut(1, heldOut);
    }
    assertTrue(right > 30, "right " + right);
    assertTrue(right + rightWhenGarbled <= 47, right + " and " + rightWhenGarbled);
  }

  @Test
  void toleratesAConstantFeature() {
    float[] features = new float[20];
    int[] labels = new int[10];
    for (int i = 0; i < 10; i++) {
      features[2 * i] = 1000.1f;
      features[2 * i + 1] = i;
      labels[i] = i < 5 ? 0 : 1;
    }
    try (LogisticRegression regression =
        LogisticRegression.of(FeatureTable.of(features, 2, labels), 2, Device.cpu())) {
      LogisticRegression.Fit fit = regression.fit(1);
      assertTrue(fit.converged());
      assertEquals(0, fit.weights()[0], 1e-3);
      assertTrue(fit.weights()[3] > 0);
    }
  }

  @Test
  void rejectsDataWithoutTwoClasses() {
    assertRejected(new int[] {0, 0}, 1, "at least 2 classes, found 1");
    assertRejected(new int[] {0, 0}, 2, "found none of class 1");
    assertRejected(new int[] {0, 1, 5}, 2, "labels from 0 to 1, found 5");
    assertRejected(new int[] {}, 2, "found none of class 0");
  }

  @Test
  void rejectsFeaturesThatAreNotFinite() {
    FeatureTable table = FeatureTable.of(new float[] {1, Float.NaN}, 1, new int[] {0, 1});
    assertThrows(ProbeException.class, () -> LogisticRegression.of(table, 2, Device.cpu()));
  }

  private static void assertRejected(int[] labels, int classes, String message) {
    FeatureTable table = FeatureTable.of(new float[labels.length], 1, labels);
    ProbeException e =
        assertThrows(
            ProbeException.class, () -> LogisticRegression.of(table, classes, Device.cpu()));
    assertTrue(e.toString().contains(message), e.toString());
  }

  private static FeatureTable table() {
    return FeatureTable.of(fixture.features(), fixture.columns(), fixture.labels());
  }
}
