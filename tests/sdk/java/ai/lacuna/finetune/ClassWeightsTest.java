package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.lacuna.augment.Mix;
import ai.lacuna.augment.Mixing;
import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.encoder.Encoder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights of classes where labels are mixed. Bars have 40, 10 and 10 images of three classes. */
class ClassWeightsTest {
  private static final double[] WEIGHTS = {60.0 / 3 / 40, 60.0 / 3 / 10, 60.0 / 3 / 10};

  /** Targets, their mixing and their weights are float32. */
  private static final double SAME = 1e-5;

  /** Among the loss's inputs of mixed images: two of images, their shares, drop path, targets. */
  private static final int SHARES = 2;

  private static final int TARGETS = 4;
  private static final int IMAGES = 12;

  private final Path directory;

  ClassWeightsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private FineTuneTask task(Encoder encoder, double smoothing) throws IOException {
    LabelledImages images = LabelledImages.of(new Bars(60, 0, true));
    FineTuneConfig config =
        FineTuner.builder(encoder, images)
            .batchSize(IMAGES)
            .epochs(1)
            .augmentation(FineTuneAugmentation.none().withMixing(new Mixing(1, 0, 1, 0)))
            .balance(FineTuneConfig.ClassBalance.WEIGHTS)
            .labelSmoothing(smoothing)
            .run(directory)
            .build()
            .config();
    return new FineTuneTask(config, encoder.weights(), images.images(), images.targets());
  }

  /** As PyTorch's cross-entropy with weights: each class of a mixed target counts by its own. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3})
  void eachOfTwoMixedLabelsWeighsWhatItsClassDoes(double smoothing) throws IOException {
    try (Encoder encoder = Bars.encoder();
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      FineTuneTask task = task(encoder, smoothing);
      try (Loader loader = task.load(0, 0, 1, 0)) {
        int unlike = 0;
        for (Batch batch : loader) {
          NDArray[] inputs = task.parts(0, batch, 1).get(0).inputs().apply(manager);
          double own = inputs[SHARES].toFloatArray()[0];
          float[] targets = inputs[TARGETS].toFloatArray();
          float[] weights = inputs[TARGETS + 1].toFloatArray();
          double[][] expected = new double[IMAGES][3];
          double sum = 0;
          for (int i = 0; i < IMAGES; i++) {
            int label = batch.labels()[i];
            int partner = batch.labels()[Mix.partner(i, IMAGES)];
            unlike += label != partner ? 1 : 0;
            expected[i][label] += own * WEIGHTS[label];
            expected[i][partner] += (1 - own) * WEIGHTS[partner];
            sum += own * WEIGHTS[label] + (1 - own) * WEIGHTS[partner];
          }
          for (int i = 0; i < IMAGES; i++) {
            double weight = (expected[i][0] + expected[i][1] + expected[i][2]) / sum;
            assertEquals(weight, weights[i], SAME);
            for (int c = 0; c < 3; c++) {
              double plain = weights[i] * targets[3 * i + c];
              double smoothed = (1 - smoothing) * expected[i][c] / sum + smoothing / 3 * weight;
              assertEquals(smoothed, plain, SAME, "image " + i + ", class " + c);
            }
          }
        }
        assertTrue(unlike > IMAGES, "pairs of other classes " + unlike);
      }
    }
  }

  @Test
  void partsOfABatchWeighWhatTheirImagesDo() throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      FineTuneTask task = task(encoder, 0);
      try (Loader loader = task.load(0, 0, 1, 0)) {
        Batch batch = loader.iterator().next();
        double sum = task.parts(0, batch, 5).stream().mapToDouble(part -> part.weight()).sum();
        assertEquals(1, sum, SAME);
      }
    }
  }
}
