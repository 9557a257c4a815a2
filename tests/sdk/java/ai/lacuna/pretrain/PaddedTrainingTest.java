package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Part;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Objective;
import ai.lacuna.weights.NamedTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaddedTrainingTest {
  private static final double SAME = 1e-5;

  private static PretrainConfig config(boolean flip) {
    PretrainConfig square = NoiseImages.config(2);
    return new PretrainConfig(
        square.vit().withImage(8, 12, 1),
        square.decoder(),
        square.normalization(),
        square.masking(),
        square.objective(),
        new PretrainConfig.Recipe(1, 0, NoiseImages.BATCH, 0.1, 0, square.recipe().adamW()),
        Augmentation.padded(flip),
        5);
  }

  @Test
  void trainsOnWhatTheNetworkWillSeeAfterItMirroredAtMost() {
    NoiseImages images = new NoiseImages();
    PretrainConfig config = config(true);
    Preprocessing after = config.preprocessing();
    int mirrored = 0;
    int size = 8 * 12;
    try (Loader loader = new TrainingBatches(config, images).open(0, 0, 1)) {
      for (Batch batch : loader) {
        for (int i = 0; i < batch.size(); i++) {
          byte[] trained = new byte[size];
          batch.images().get(i * size, trained);
          Pixels whole = after.apply(images.get((int) batch.ids()[i]).pixels());
          boolean same = Arrays.equals(whole.data(), trained);
          assertArrayEquals(same ? whole.data() : whole.flipped().data(), trained);
          mirrored += same ? 0 : 1;
        }
      }
    }
    assertTrue(mirrored > 4 && mirrored < 20, mirrored + " of 24 mirrored");
  }

  /** Of 4 x 6 patches of 2 x 2 the first and the last column hold padding alone. */
  private static boolean isPadding(int patch) {
    return patch % 6 == 0 || patch % 6 == 5;
  }

  @Test
  void patchesOfPaddingHaveNoPartInTheLoss() {
    PretrainConfig config = config(true);
    MaskedAutoencoder network = config.network();
    NamedTensors weights = Weights.initial(network.program(), 3);
    int keep = network.keep();
    List<Mask> masks = new ArrayList<>();
    for (int i = 0; i < NoiseImages.BATCH; i++) {
      masks.add(new RandomMask(24, keep).sample(1, 2, i));
    }
    try (Loader loader = new TrainingBatches(config, new NoiseImages()).open(0, 0, 1);
        TorchModule module =
            TorchModule.load(network.program(), Weights.source(weights), Device.cpu(), false);
        NDManager manager = module.newManager()) {
      Batch batch = loader.iterator().next();
      Part part = BatchParts.of(config, "loss", batch, masks, 1).get(0);
      NDArray[] inputs = part.inputs().apply(manager);
      double loss = module.run("loss", inputs).get(0).toFloatArray()[0];
      NDList forward = module.run("forward", inputs);
      assertEquals(loss, forward.get(0).toFloatArray()[0], SAME);
      float[] predicted = forward.get(1).toFloatArray();
      double expected = 0;
      for (int i = 0; i < NoiseImages.BATCH; i++) {
        byte[] bytes = new byte[8 * 12];
        batch.images().get(i * bytes.length, bytes);
        expected += masked(config, bytes, masks.get(i), predicted, i) / NoiseImages.BATCH;
      }
      assertEquals(expected, loss, SAME);
    }
  }

  /** Mean squared error of an image's removed patches that are not padding, pixel by pixel. */
  private static double masked(
      PretrainConfig config, byte[] image, Mask mask, float[] predicted, int row) {
    double mean = config.normalization().mean().get(0);
    double deviation = config.normalization().std().get(0);
    double sum = 0;
    int count = 0;
    for (int patch = 0; patch < 24; patch++) {
      if (mask.removed(patch) && !isPadding(patch)) {
        for (int i = 0; i < 4; i++) {
          int pixel = (patch / 6 * 2 + i / 2) * 12 + patch % 6 * 2 + i % 2;
          double target = ((image[pixel] & 0xff) / 255.0 - mean) / deviation;
          double error = predicted[(row * 24 + patch) * 4 + i] - target;
          sum += error * error;
          count++;
        }
      }
    }
    return sum / count;
  }

  @Test
  void picturesAndFiguresLeavePaddingAsItIs() {
    PretrainConfig config = config(false);
    Validation validation = new Validation(config, new NoiseImages(), 8, Device.cpu());
    NamedTensors weights = Weights.initial(config.network().program(), 3);
    Validation.Result result = validation.of(weights, 8);
    for (Reconstructions.Reconstruction one : result.pictures()) {
      for (int pixel = 0; pixel < 8 * 12; pixel++) {
        if (isPadding(pixel / 24 * 6 + pixel % 12 / 2)) {
          assertEquals(one.original().data()[pixel], one.reconstructed().data()[pixel]);
        }
      }
    }
    // One is a mean over images first; padding, which is nearly 0, would take a third from it.
    double loss = result.figures().getOrDefault("loss", 0.0);
    assertEquals(loss, result.figures().getOrDefault("masked_mse", 0.0), 0.1 * loss);
  }

  /** Or what is filled in would be as grey and as flat as the padding. */
  @Test
  void normalisedPatchesAreShownWithTheStatisticsOfWhatIsNoPadding() {
    PretrainConfig raw = config(false);
    PretrainConfig config =
        new PretrainConfig(
            raw.vit(),
            raw.decoder(),
            raw.normalization(),
            raw.masking(),
            new Objective(true),
            raw.recipe(),
            raw.augmentation(),
            raw.seed());
    byte[] bytes = new byte[8 * 8];
    Arrays.fill(bytes, (byte) 200);
    Pixels image = config.preprocessing().apply(Pixels.of(8, 8, 1, bytes));
    boolean[] removed = new boolean[24];
    removed[8] = true;
    Pixels filled =
        new PatchPixels(config)
            .fill(image, Mask.removing(removed), new float[24 * 4], 0, 0)
            .reconstructed();
    assertArrayEquals(image.data(), filled.data());
  }

  @Test
  void theConfigurationRemembersIt() {
    PretrainConfig config = config(false);
    assertEquals(config, PretrainConfig.fromJson(config.toJson()));
    assertTrue(config.toJson().contains("\"fit\": \"pad\""), config.toJson());
    String typo = config.toJson().replace("\"pad\"", "\"stretch\"");
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson(typo));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("fit: expected crop, pad or keep"),
        refusal.getMessage());
  }
}
