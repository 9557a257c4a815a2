package ai.lacuna.finetune;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Noise with a bright bar: flat, upright or none. Sample i shows the class i mod 3, unless classes
 * are unequal, where two thirds show the first.
 *
 * @param size how many
 * @param first the first sample's number, so that two sets differ
 * @param unequal whether two thirds are of the first class
 */
record Bars(int size, int first, boolean unequal) implements ImageDataset {
  static final VitConfig VIT = new VitConfig(8, 8, 1, 2, 16, 3, 2, 2, VitConfig.Positions.SIN_COS);

  static final Preprocessing PREPROCESSING =
      new Preprocessing(8, 8, 1, List.of(0.4), List.of(0.3), Interpolation.BICUBIC, 1);

  Bars(int size) {
    this(size, 0, false);
  }

  static Encoder encoder() {
    Normalization normalization = new Normalization(PREPROCESSING.mean(), PREPROCESSING.std());
    VisionTransformer network = new VisionTransformer(VIT, normalization);
    return Encoder.of(
        "bars", VIT, PREPROCESSING, Weights.initial(network.program(), 1), Device.cpu());
  }

  /** Five plain steps an epoch on sixty of them, into the directory of a run. */
  static FineTunerBuilder tuner(Encoder encoder, Path run) {
    return FineTuner.builder(encoder, new Bars(60))
        .batchSize(12)
        .learningRate(0.1)
        .schedule(new RateSchedule.Constant())
        .augmentation(FineTuneAugmentation.none())
        .logEvery(1)
        .run(run);
  }

  @Override
  public Sample get(int index) {
    byte[] pixels = new byte[8 * 8];
    Random random = new Random(first + index);
    int at = 1 + random.nextInt(6);
    int kind = label(index);
    for (int i = 0; i < pixels.length; i++) {
      boolean bar = kind == 0 ? i / 8 == at : kind == 1 && i % 8 == at;
      pixels[i] = (byte) (random.nextInt(90) + (bar ? 130 : 0));
    }
    return new Sample(first + index, Pixels.of(8, 8, 1, pixels), kind);
  }

  @Override
  public int label(int index) {
    return unequal ? Math.max(0, index % 6 - 3) : index % 3;
  }

  @Override
  public List<String> classNames() {
    return List.of("flat", "upright", "none");
  }

  @Override
  public String name() {
    return "bars";
  }
}
