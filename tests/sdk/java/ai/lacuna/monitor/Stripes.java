package ai.lacuna.monitor;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.pretrain.Augmentation;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.AdamW;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import java.util.List;
import java.util.Random;

/** Stripes, across or down, with noise: images that a tiny network can be tried on. */
public record Stripes(int size, List<String> classNames) implements ImageDataset {

  /** Labelled stripes. */
  public Stripes(int size) {
    this(size, List.of("across", "down"));
  }

  @Override
  public Sample get(int index) {
    byte[] pixels = new byte[12 * 12];
    Random random = new Random(index);
    boolean down = index % 2 == 1;
    for (int i = 0; i < pixels.length; i++) {
      int place = down ? i % 12 : i / 12;
      pixels[i] = (byte) (place / 3 % 2 * 150 + random.nextInt(60));
    }
    int label = classNames.isEmpty() ? Sample.NO_LABEL : index % 2;
    return new Sample(index, Pixels.of(12, 12, 1, pixels), label);
  }

  @Override
  public String name() {
    return "stripes";
  }

  /** A tiny run of these. */
  public static PretrainConfig config(boolean normPixLoss) {
    return new PretrainConfig(
        new VitConfig(12, 12, 1, 3, 16, 1, 2, 4, VitConfig.Positions.SIN_COS),
        new DecoderConfig(8, 1, 2, 4),
        new Normalization(List.of(0.5), List.of(0.25)),
        new MaskPlan(0.75),
        new Objective(normPixLoss),
        new PretrainConfig.Recipe(2, 0, 10, 0.1, 0, AdamW.pretraining()),
        new Augmentation(0.5, true),
        3);
  }
}
