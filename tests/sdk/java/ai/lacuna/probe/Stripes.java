package ai.lacuna.probe;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.util.Collections;
import java.util.List;

/** Noisy images without stripes, with rows, and with columns; class = index % 3. */
record Stripes(int size, long seed, List<String> classNames) implements ImageDataset {
  static final List<String> CLASSES = List.of("flat", "rows", "columns");

  static Stripes of(int size, long seed) {
    return new Stripes(size, seed, CLASSES);
  }

  /** A tiny encoder of 8 x 8 images: 3 blocks of width 16, with random weights. */
  static Encoder encoder() {
    return encoder(1);
  }

  static Encoder encoder(int channels) {
    VitConfig config = new VitConfig(8, 8, channels, 4, 16, 3, 2, 2, VitConfig.Positions.SIN_COS);
    Preprocessing preprocessing =
        new Preprocessing(
            8,
            8,
            channels,
            Collections.nCopies(channels, 0.5),
            Collections.nCopies(channels, 0.25),
            Interpolation.BICUBIC,
            1);
    VisionTransformer network =
        new VisionTransformer(config, new Normalization(preprocessing.mean(), preprocessing.std()));
    NamedTensors weights = Weights.initial(network.program(), 5);
    return Encoder.of("tiny", config, preprocessing, weights, Device.cpu());
  }

  @Override
  public Sample get(int index) {
    CounterRandom random = CounterRandom.of(seed, 0, index, Purpose.AUGMENT);
    byte[] data = new byte[64];
    for (int i = 0; i < 64; i++) {
      int stripe = index % 3 == 1 ? i / 8 % 2 : index % 3 == 2 ? i % 2 : 0;
      data[i] = (byte) (40 + 120 * stripe + random.nextInt(60));
    }
    return new Sample(index, Pixels.of(8, 8, 1, data), index % 3);
  }

  @Override
  public int label(int index) {
    return index % 3;
  }

  @Override
  public String name() {
    return "stripes";
  }
}
