package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.Device;
import ai.lacuna.train.CosineSchedule;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LinearTrainerTest {
  /** Sums in float32 against sums in float64, relative to logits of about 1 to 100. */
  private static final double TOLERANCE = 2e-4;

  @SuppressWarnings("ArrayRecordComponent") // read from JSON, never compared
  record Fixture(
      int classes,
      int columns,
      int batch,
      int epochs,
      int warmup,
      List<Double> rates,
      float[] features,
      int[] labels,
      float[] initial,
      int[][] orders,
      double[][] lars,
      double[][] sgd) {}

  private static Fixture fixture =
      new Fixture(
          0,
          0,
          0,
          0,
          0,
          List.of(),
          new float[0],
          new int[0],
          new float[0],
          new int[0][],
          new double[0][],
          new double[0][]);

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in =
        LinearTrainerTest.class.getResourceAsStream("/fixtures/probe/linear_training_torch.json")) {
      fixture =
          new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class);
    }
  }

  private static LinearTrainer trainer(
      LinearTrainer.Kind kind, CosineSchedule schedule, int batch) {
    FeatureTable table = FeatureTable.of(fixture.features, fixture.columns, fixture.labels);
    return new LinearTrainer(
        table, fixture.classes, Device.cpu(), kind, schedule, batch, 3, (done, total) -> {});
  }

  private static int[] rows() {
    return IntStream.range(0, fixture.labels.length).toArray();
  }

  @Test
  void normalisesAndStepsAsTimmsLarsDoes() {
    CosineSchedule schedule = new CosineSchedule(1, 0, fixture.warmup, fixture.epochs);
    assertLogits(LinearTrainer.Kind.NORMALIZED_LARS, schedule, fixture.lars);
  }

  @Test
  void stepsAsTorchsSgdWithCosineDoes() {
    CosineSchedule schedule = new CosineSchedule(1, 0, 0, fixture.epochs);
    assertLogits(LinearTrainer.Kind.SGD, schedule, fixture.sgd);
  }

  private static void assertLogits(
      LinearTrainer.Kind kind, CosineSchedule schedule, double[][] expected) {
    try (LinearTrainer trainer = trainer(kind, schedule, fixture.batch)) {
      List<LinearTrainer.Layer> layers =
          trainer.train(rows(), fixture.rates, fixture.initial, i -> fixture.orders[i]);
      assertEquals(expected.length, layers.size());
      for (int r = 0; r < expected.length; r++) {
        int right = 0;
        for (int row = 0; row < fixture.labels.length; row++) {
          double[] logits = logits(layers.get(r), row);
          int best = 0;
          for (int c = 0; c < logits.length; c++) {
            double wanted = expected[r][row * fixture.classes + c];
            assertEquals(wanted, logits[c], TOLERANCE * (1 + Math.abs(wanted)), "row " + row);
            best = logits[c] > logits[best] ? c : best;
          }
          right += best == fixture.labels[row] ? 1 : 0;
        }
        assertEquals(right, trainer.right(layers.get(r), rows()));
      }
    }
  }

  private static double[] logits(LinearTrainer.Layer layer, int row) {
    double[] logits = new double[fixture.classes];
    for (int c = 0; c < logits.length; c++) {
      logits[c] = layer.bias()[c];
      for (int k = 0; k < fixture.columns; k++) {
        logits[c] +=
            (double) layer.weights()[c * fixture.columns + k]
                * fixture.features[row * fixture.columns + k];
      }
    }
    return logits;
  }

  @Test
  void layersTrainedTogetherAreThoseTrainedAlone() {
    for (LinearTrainer.Kind kind : LinearTrainer.Kind.values()) {
      try (LinearTrainer trainer = trainer(kind, new CosineSchedule(1, 0, 1, 4), 16)) {
        List<LinearTrainer.Layer> together = trainer.train(rows(), List.of(0.1, 1.0));
        LinearTrainer.Layer alone = trainer.train(rows(), List.of(1.0)).get(0);
        assertArrayEquals(alone.weights(), together.get(1).weights(), 1e-5f);
        assertNotEquals(together.get(0).weights()[0], together.get(1).weights()[0]);
      }
    }
  }

  @Test
  void aBatchGreaterThanTheDataTakesAllOfIt() {
    CosineSchedule schedule = new CosineSchedule(1, 0, 1, 4);
    int[] rows = rows();
    try (LinearTrainer great = trainer(LinearTrainer.Kind.NORMALIZED_LARS, schedule, 16384);
        LinearTrainer whole = trainer(LinearTrainer.Kind.NORMALIZED_LARS, schedule, rows.length)) {
      assertArrayEquals(
          whole.train(rows, List.of(20.0)).get(0).weights(),
          great.train(rows, List.of(20.0)).get(0).weights());
    }
  }
}
