package ai.lacuna.pretrain;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.AdamW;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import java.util.List;
import java.util.Random;

/** Noise with a gradient, so that there is something to learn, and a tiny network for it. */
record NoiseImages(int size) implements ImageDataset {
  static final int IMAGES = 26;
  static final int BATCH = 6;
  static final int STEPS_PER_EPOCH = 4;

  NoiseImages() {
    this(IMAGES);
  }

  static PretrainConfig config(int epochs) {
    return new PretrainConfig(
        new VitConfig(8, 8, 1, 2, 16, 1, 2, 4, VitConfig.Positions.SIN_COS),
        new DecoderConfig(8, 1, 2, 4),
        new Normalization(List.of(0.5), List.of(0.25)),
        new MaskPlan(0.75),
        new Objective(false),
        new PretrainConfig.Recipe(epochs, 1, BATCH, 0.1, 0, AdamW.pretraining()),
        new Augmentation(0.5, true),
        11);
  }

  @Override
  public Sample get(int index) {
    byte[] pixels = new byte[10 * 10];
    Random random = new Random(index);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (20 * (i % 10) + random.nextInt(30));
    }
    return new Sample(index, Pixels.of(10, 10, 1, pixels), Sample.NO_LABEL);
  }

  @Override
  public List<String> classNames() {
    return List.of();
  }

  @Override
  public String name() {
    return "noise";
  }
}
