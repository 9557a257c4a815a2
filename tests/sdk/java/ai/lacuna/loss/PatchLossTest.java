package ai.lacuna.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import ai.lacuna.oracle.TorchRun;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses against loops over pixels in double precision. */
class PatchLossTest {
  /**
   * Rounding of some thousand double operations, and the 1e-12 that keeps weights of frequencies
   * finite, to the power alpha.
   */
  private static final double EXACT = 5e-12;

  /** The requirement for losses in float32, relative. */
  private static final double LOSS = 1e-5;

  private static final String[] LOSSES = {
    "mse",
    "l1",
    "charbonnier",
    "charbonnier:0.5",
    "frequency",
    "frequency:0.5",
    "frequency:2.5",
    "0.5*l1 + 2*frequency"
  };

  /** A function of predictions, targets and masks. */
  private static Graph graph(LossSum loss, int patches, int side, int channels) {
    GraphBuilder g = new GraphBuilder("loss");
    int length = side * side * channels;
    Value pred = g.input("pred", DType.FLOAT32, Shape.batch(patches, length));
    Value target = g.input("target", DType.FLOAT32, Shape.batch(patches, length));
    Value mask = g.input("mask", DType.FLOAT32, Shape.batch(patches));
    PatchLoss.PatchShape shape = new PatchLoss.PatchShape(side, channels);
    return g.output("loss", loss.value(g, pred, target, mask, shape)).build();
  }

  private static double naive(Graph graph, Map<String, Dense> inputs) {
    return NaiveInterpreter.run(graph, inputs, Map.of())
        .getOrDefault("loss", Dense.zeros(0))
        .values()[0];
  }

  private static double torch(Graph graph, Map<String, Dense> inputs) {
    return TorchRun.run(graph, inputs, parameter -> ByteBuffer.allocate(0))
        .getOrDefault("loss", Dense.zeros(0))
        .values()[0];
  }

  private static Map<String, Dense> random(int batch, int patches, int length, int keep) {
    Random random = new Random(31L * batch + length);
    Map<String, Dense> inputs = new LinkedHashMap<>();
    inputs.put("pred", Dense.filled(i -> (float) random.nextGaussian(), batch, patches, length));
    inputs.put("target", Dense.filled(i -> (float) random.nextGaussian(), batch, patches, length));
    inputs.put(
        "mask", Dense.filled(i -> (i[1] * 5 + i[0]) % patches < keep ? 0 : 1, batch, patches));
    return inputs;
  }

  @ParameterizedTest
  @CsvSource({"4,1", "3,2", "1,3", "2,1", "5,1"})
  void everyLossIsWhatLoopsOverPixelsGive(int side, int channels) {
    Map<String, Dense> inputs = random(2, 6, side * side * channels, 2);
    for (String text : LOSSES) {
      double expected =
          switch (text) {
            case "mse" -> pixels(inputs, d -> d * d);
            case "l1" -> pixels(inputs, Math::abs);
            case "charbonnier" -> pixels(inputs, d -> Math.sqrt(d * d + 1e-6));
            case "charbonnier:0.5" -> pixels(inputs, d -> Math.sqrt(d * d + 0.25));
            case "frequency" -> spectra(inputs, side, channels, 1);
            case "frequency:0.5" -> spectra(inputs, side, channels, 0.5);
            case "frequency:2.5" -> spectra(inputs, side, channels, 2.5);
            default -> 0.5 * pixels(inputs, Math::abs) + 2 * spectra(inputs, side, channels, 1);
          };
      Graph graph = graph(LossSum.parse(text), 6, side, channels);
      assertEquals(expected, naive(graph, inputs), EXACT * expected, text);
      assertEquals(expected, torch(graph, inputs), LOSS * expected, text);
    }
  }

  /** Two images with 3 and 1 patches that count, and one with none. */
  @Test
  void eachImageCountsAlikeHoweverManyOfItsPatchesCount() {
    float[][] masks = {{1, 1, 1}, {0, 1, 0}, {0, 0, 0}};
    Random random = new Random(4);
    Map<String, Dense> inputs = new LinkedHashMap<>();
    Dense predictions = Dense.filled(i -> (float) random.nextGaussian(), 3, 3, 4);
    Dense targets = Dense.filled(i -> (float) random.nextGaussian(), 3, 3, 4);
    inputs.put("pred", predictions);
    inputs.put("target", targets);
    inputs.put("mask", Dense.filled(i -> masks[i[0]][i[1]], 3, 3));
    double expected = 0;
    for (int b = 0; b < 2; b++) {
      double sum = 0;
      double count = 0;
      for (int n = 0; n < 3; n++) {
        for (int i = 0; i < 4; i++) {
          double d = predictions.get(b, n, i) - targets.get(b, n, i);
          sum += masks[b][n] * d * d;
          count += masks[b][n];
        }
      }
      expected += sum / count / 3;
    }
    Graph graph = graph(LossSum.parse("mse"), 3, 2, 1);
    assertEquals(expected, naive(graph, inputs), EXACT * expected);
    assertEquals(expected, torch(graph, inputs), LOSS * expected);
  }

  private static double pixels(Map<String, Dense> inputs, DoubleUnaryOperator error) {
    Dense pred = inputs.getOrDefault("pred", Dense.zeros(0));
    double sum = 0;
    long count = 0;
    for (int b = 0; b < pred.dim(0); b++) {
      for (int n = 0; n < pred.dim(1); n++) {
        if (inputs.getOrDefault("mask", pred).get(b, n) == 1) {
          for (int i = 0; i < pred.dim(2); i++) {
            double target = inputs.getOrDefault("target", pred).get(b, n, i);
            sum += error.applyAsDouble(pred.get(b, n, i) - target);
            count++;
          }
        }
      }
    }
    return sum / count;
  }

  /** The focal frequency loss by the definition of the transform, a frequency at a time. */
  private static double spectra(Map<String, Dense> inputs, int side, int channels, double alpha) {
    Dense pred = inputs.getOrDefault("pred", Dense.zeros(0));
    double sum = 0;
    long count = 0;
    for (int b = 0; b < pred.dim(0); b++) {
      for (int n = 0; n < pred.dim(1); n++) {
        if (inputs.getOrDefault("mask", pred).get(b, n) == 1) {
          for (int c = 0; c < channels; c++) {
            double[] magnitudes = magnitudes(inputs, b, n, c, side, channels);
            double most = 0;
            for (double magnitude : magnitudes) {
              most = Math.max(most, magnitude);
            }
            for (double magnitude : magnitudes) {
              sum += Math.pow(magnitude / most, alpha) * magnitude * magnitude;
              count++;
            }
          }
        }
      }
    }
    return sum / count;
  }

  private static double[] magnitudes(
      Map<String, Dense> inputs, int b, int n, int c, int side, int channels) {
    Dense pred = inputs.getOrDefault("pred", Dense.zeros(0));
    Dense target = inputs.getOrDefault("target", Dense.zeros(0));
    double[] magnitudes = new double[side * side];
    for (int u = 0; u < side; u++) {
      for (int v = 0; v < side; v++) {
        double real = 0;
        double imaginary = 0;
        for (int row = 0; row < side; row++) {
          for (int column = 0; column < side; column++) {
            int i = (row * side + column) * channels + c;
            double d = pred.get(b, n, i) - target.get(b, n, i);
            double angle = -2 * Math.PI * ((double) u * row + (double) v * column) / side;
            real += d * Math.cos(angle) / side;
            imaginary += d * Math.sin(angle) / side;
          }
        }
        magnitudes[u * side + v] = Math.hypot(real, imaginary);
      }
    }
    return magnitudes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"mse", "l1", "charbonnier", "frequency", "mse + 0.1*frequency"})
  void aConstantErrorCostsTheSameAtAnyRatioAndBatch(String text) {
    LossSum loss = LossSum.parse(text);
    double error = 0.375;
    double half = constant(loss, 4, 8, error, 4, 3);
    assertEquals(half, constant(loss, 4, 8, error, 2, 3), EXACT, "75 % removed");
    assertEquals(half, constant(loss, 4, 8, error, 4, 1), EXACT, "a batch of one");
    assertEquals(half, constant(loss, 4, 8, error, 1, 7), EXACT, "another batch and ratio");
    assertEquals(half, constant(loss, 2, 16, error, 4, 2), EXACT, "smaller patches, more of them");
  }

  private static double constant(
      LossSum loss, int side, int patches, double error, int keep, int batch) {
    Map<String, Dense> inputs = random(batch, patches, side * side, keep);
    Dense target = inputs.getOrDefault("target", Dense.zeros(0));
    // Visible patches have another error, which must not count.
    Dense mask = inputs.getOrDefault("mask", Dense.zeros(0));
    inputs.put(
        "pred",
        Dense.filled(i -> target.get(i) + (mask.get(i[0], i[1]) == 1 ? error : 9), target.shape()));
    return naive(graph(loss, patches, side, 1), inputs);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mse", "l1", "charbonnier", "frequency"})
  void noErrorCostsNothingAndIsNoNaN(String text) {
    Map<String, Dense> inputs = random(2, 4, 9, 1);
    inputs.put("pred", inputs.getOrDefault("target", Dense.zeros(0)));
    Graph graph = graph(LossSum.parse(text), 4, 3, 1);
    double expected = text.equals("charbonnier") ? Charbonnier.EPSILON : 0;
    assertEquals(expected, naive(graph, inputs), EXACT);
    assertEquals(expected, torch(graph, inputs), LOSS);
  }

  /** The products of the transform are not those of a layer: a low precision leaves them alone. */
  @ParameterizedTest
  @ValueSource(strings = {"mse", "l1", "charbonnier", "frequency", "mse + 0.1*frequency"})
  void lowPrecisionLeavesTheLossInFloat32(String text) {
    Map<String, Dense> inputs = random(2, 6, 16, 2);
    Graph graph = graph(LossSum.parse(text), 6, 4, 1);
    try (TorchModule module =
            TorchModule.loadTrainable(
                Program.of(graph),
                parameter -> ByteBuffer.allocate(0),
                Device.cpu(),
                Precision.BFLOAT16,
                false);
        NDManager manager = module.newManager()) {
      NDArray[] arguments = TorchRun.arguments(manager, graph, inputs);
      assertEquals(
          torch(graph, inputs), module.run("loss", arguments).get(0).toFloatArray()[0], text);
    }
  }
}
