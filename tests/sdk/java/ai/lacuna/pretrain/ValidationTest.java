package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.monitor.Stripes;
import ai.lacuna.pretrain.Reconstructions.Reconstruction;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValidationTest {
  /** The network computes in float32. */
  private static final double CLOSE = 1e-5;

  private static final int IMAGES = 40;

  private static NamedTensors weights(PretrainConfig config) {
    return Weights.initial(config.network().program(), 1);
  }

  private static double figure(Validation.Result result, String name) {
    return result.figures().getOrDefault(name, Double.NaN);
  }

  private static Validation.Result validate(PretrainConfig config, NamedTensors weights)
      throws IOException {
    return new Validation(config, new Stripes(IMAGES), IMAGES, Device.cpu()).of(weights, 3);
  }

  /** The network's own loss is the oracle of targets and patches in Java. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theErrorOfRemovedPatchesIsTheNetworksLoss(boolean normPixLoss) throws IOException {
    PretrainConfig config = Stripes.config(normPixLoss);
    Validation.Result result = validate(config, weights(config));
    assertEquals(
        figure(result, "loss"), figure(result, "masked_mse"), CLOSE * figure(result, "loss"));
    assertEquals(IMAGES, figure(result, "images"));
  }

  /** It predicts none: their errors would be those of 0, and their correlation 0. */
  @Test
  void aCrossDecoderHasNoFiguresOfVisiblePatches() throws IOException {
    PretrainConfig full = Stripes.config(true);
    PretrainConfig config =
        new PretrainConfig(
            full.vit(),
            full.decoder().with(DecoderConfig.Kind.CROSS),
            full.normalization(),
            full.masking(),
            full.objective(),
            full.recipe(),
            full.augmentation(),
            full.seed());
    Validation.Result result = validate(config, weights(config));
    assertEquals(
        figure(result, "loss"), figure(result, "masked_mse"), CLOSE * figure(result, "loss"));
    assertFalse(result.figures().containsKey("visible_mse"));
    assertFalse(result.figures().containsKey("visible_similarity"));
    assertTrue(validate(full, weights(full)).figures().containsKey("visible_similarity"));
  }

  @Test
  void judgesTheSameMasksEveryTime() throws IOException {
    PretrainConfig config = Stripes.config(true);
    NamedTensors weights = weights(config);
    Validation validation = new Validation(config, new Stripes(IMAGES), IMAGES, Device.cpu());
    assertEquals(validation.of(weights, 0).figures(), validation.of(weights, 9).figures());
    assertEquals(9, validation.of(weights, 9).pictures().size());
    assertEquals(IMAGES, validation.of(weights, 1000).pictures().size());
  }

  /** Or all are of one class, where a folder is sorted by classes. */
  @Test
  void picturesAreSpreadOverTheImages() throws IOException {
    PretrainConfig config = Stripes.config(true);
    NamedTensors weights = weights(config);
    Validation validation = new Validation(config, new Stripes(IMAGES), IMAGES, Device.cpu());
    List<Reconstruction> all = validation.of(weights, IMAGES).pictures();
    List<Reconstruction> some = validation.of(weights, 4).pictures();
    assertEquals(4, some.size());
    for (int i = 0; i < 4; i++) {
      assertArrayEquals(all.get(10 * i).original().data(), some.get(i).original().data());
      assertEquals(all.get(10 * i).loss(), some.get(i).loss());
    }
  }

  /** Its visible patches' statistics give its colour: a mean with it is not infinite. */
  @Test
  void aBlankImageHasTheLikenessOfTheLeastError() throws IOException {
    PretrainConfig config = Stripes.config(true);
    ImageDataset blank =
        new ImageDataset() {
          @Override
          public int size() {
            return 1;
          }

          @Override
          public Sample get(int index) {
            return new Sample(index, Pixels.of(12, 12, 1, new byte[12 * 12]), Sample.NO_LABEL);
          }

          @Override
          public String name() {
            return "blank";
          }

          @Override
          public List<String> classNames() {
            return List.of();
          }
        };
    Validation.Result result =
        new Validation(config, blank, 1, Device.cpu()).of(weights(config), 1);
    Reconstruction one = result.pictures().get(0);
    assertArrayEquals(one.original().data(), one.reconstructed().data());
    assertEquals(10 * Math.log10(255 * 255 * 144), figure(result, "psnr"), 1e-9);
  }

  /** With raw pixels a decoder whose last layer is 0 fills in the channel's mean, 127.5. */
  @Test
  void aConstantPredictionHasTheErrorOfGrey() throws IOException {
    PretrainConfig config = Stripes.config(false);
    NamedTensors.Builder silent = NamedTensors.builder();
    for (NamedTensors.Entry entry : weights(config)) {
      silent.add(
          entry.name(),
          entry.name().startsWith("decoder_pred")
              ? Tensor.of(new float[(int) entry.tensor().numel()], entry.tensor().shape())
              : entry.tensor());
    }
    Validation.Result three =
        new Validation(config, new Stripes(3), 3, Device.cpu()).of(silent.build(), 3);
    double removed = 3 * 12 * 12 * 0.75;
    double expected = 0;
    for (Reconstruction one : three.pictures()) {
      byte[] original = one.original().data();
      byte[] masked = one.masked().data();
      byte[] filled = one.reconstructed().data();
      for (int i = 0; i < filled.length; i++) {
        assertTrue(filled[i] == original[i] || (filled[i] & 255) == 128, "pixel " + i);
        assertTrue(masked[i] == original[i] || masked[i] == 127, "pixel " + i);
        expected += Math.pow(((original[i] & 255) - (filled[i] & 255)) / 255.0, 2) / removed;
      }
    }
    assertEquals(expected, figure(three, "error_channel_0"), CLOSE);
    assertEquals(0, figure(three, "masked_similarity"), CLOSE);
    assertEquals(0, figure(three, "visible_similarity"), CLOSE);
  }
}
