package ai.lacuna.vit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Parameter;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.NaiveInterpreter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Reconstructions against predictions that are put together by loops. */
class ReconstructTest {
  private static final int SIDE = 4;
  private static final int PATCH = 2;
  private static final int CHANNELS = 2;
  private static final double[] MEAN = {0.25, 0.5};
  private static final double[] STD = {0.5, 0.2};
  private static final int[] REMOVED = {3, 0, 1};
  private static final double TOLERANCE = 1e-6;

  @Test
  void showsWhatIsVisibleAndWhatIsPredictedElsewhere() {
    for (boolean normalized : new boolean[] {false, true}) {
      check(normalized);
    }
  }

  private static void check(boolean normalized) {
    VitConfig config =
        new VitConfig(SIDE, SIDE, CHANNELS, PATCH, 8, 1, 2, 2, VitConfig.Positions.SIN_COS);
    VisionTransformer encoder =
        new VisionTransformer(config, new Normalization(List.of(0.25, 0.5), List.of(0.5, 0.2)));
    MaskedAutoencoder network =
        new MaskedAutoencoder(encoder, new DecoderConfig(8, 1, 2, 2), 1, new Objective(normalized));
    Random random = new Random(9);
    Map<String, Dense> parameters = new HashMap<>();
    for (Parameter parameter : network.exported().parameters()) {
      int[] shape = parameter.shape().dims().stream().mapToInt(Long::intValue).toArray();
      double[] values = new double[(int) parameter.shape().numel()];
      Arrays.setAll(values, i -> 0.3 * random.nextGaussian());
      parameters.put(parameter.name(), Dense.of(values, shape));
    }
    double[] images = new double[SIDE * SIDE * CHANNELS];
    Arrays.setAll(images, i -> random.nextInt(256));
    Map<String, Dense> inputs =
        Map.of(
            "images", Dense.of(images, 1, SIDE, SIDE, CHANNELS),
            "ids_keep", Dense.of(new double[] {2}, 1, 1),
            "ids_restore", Dense.of(new double[] {2, 3, 0, 1}, 1, 4),
            "mask", Dense.of(new double[] {1, 1, 0, 1}, 1, 4),
            "ids_remove", Dense.of(new double[] {3, 0, 1}, 1, 3));
    double[] pred = run(network.forward(), "pred", inputs, parameters);
    double[] found = run(network.reconstruct(), "reconstruction", inputs, parameters);
    double[] expected = images.clone();
    int width = PATCH * PATCH * CHANNELS;
    for (int patch : REMOVED) {
      double[] target = new double[width];
      for (int i = 0; i < width; i++) {
        int c = i % CHANNELS;
        target[i] = (images[pixel(patch, i)] / 255 - MEAN[c]) / STD[c];
      }
      double mean = Arrays.stream(target).average().orElseThrow();
      double squares = Arrays.stream(target).map(v -> (v - mean) * (v - mean)).sum();
      double deviation = Math.sqrt(squares / (width - 1) + 1e-6);
      for (int i = 0; i < width; i++) {
        int c = i % CHANNELS;
        double value = pred[patch * width + i];
        double level = normalized ? value * deviation + mean : value;
        expected[pixel(patch, i)] = 255 * (level * STD[c] + MEAN[c]);
      }
    }
    assertArrayEquals(expected, found, 255 * TOLERANCE, "normalized " + normalized);
  }

  /** Where value i of a patch lies in the image [height, width, channels]. */
  private static int pixel(int patch, int i) {
    int row = patch / (SIDE / PATCH) * PATCH + i / (PATCH * CHANNELS);
    int column = patch % (SIDE / PATCH) * PATCH + i / CHANNELS % PATCH;
    return (row * SIDE + column) * CHANNELS + i % CHANNELS;
  }

  private static double[] run(
      Graph graph, String output, Map<String, Dense> inputs, Map<String, Dense> parameters) {
    Map<String, Dense> own = new HashMap<>(inputs);
    return Objects.requireNonNull(NaiveInterpreter.run(graph, own, parameters).get(output))
        .values();
  }
}
