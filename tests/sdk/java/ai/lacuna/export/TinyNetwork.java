package ai.lacuna.export;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An encoder with random weights and a random head, for tests. As a program it writes the bundle of
 * tests/fixtures/bundle-tiny; run it from the repository's root with the test class path of
 * lacuna-sdk:
 *
 * <pre>java -cp ... ai.lacuna.export.TinyNetwork tests/fixtures/bundle-tiny</pre>
 */
public final class TinyNetwork {
  static final VitConfig CONFIG =
      new VitConfig(28, 28, 1, 7, 16, 2, 2, 2, VitConfig.Positions.SIN_COS);
  static final Preprocessing PREPROCESSING =
      new Preprocessing(28, 28, 1, List.of(0.2860), List.of(0.3530), Interpolation.BICUBIC, 1.0);

  private TinyNetwork() {}

  /** Writes the fixture to the given folder. */
  public static void main(String[] args) throws IOException {
    exporter().withHead(head(List.of(0, 1), Pooling.CLS_MEAN)).write(Path.of(args[0]), images(40));
  }

  static Exporter exporter() {
    return Exporter.of("tiny.random", CONFIG, PREPROCESSING, weights());
  }

  static NamedTensors weights() {
    Normalization normalization = new Normalization(PREPROCESSING.mean(), PREPROCESSING.std());
    return Weights.initial(new VisionTransformer(CONFIG, normalization).program(), 5);
  }

  static MaskedAutoencoder autoencoder() {
    Normalization normalization = new Normalization(PREPROCESSING.mean(), PREPROCESSING.std());
    return new MaskedAutoencoder(
        new VisionTransformer(CONFIG, normalization),
        new DecoderConfig(8, 1, 2, 2),
        4,
        new Objective(true));
  }

  static ClassifierHead head(List<Integer> blocks, Pooling pooling) {
    int width = blocks.size() * pooling.parts() * CONFIG.embedDim();
    int classes = FashionMnist.CLASS_NAMES.size();
    return new ClassifierHead(
        FashionMnist.CLASS_NAMES, blocks, pooling, normal(1, classes, width), normal(2, classes));
  }

  static List<Pixels> images(int count) throws IOException {
    ImageDataset test = FashionMnist.sample().test();
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(test.get(i).pixels());
    }
    return images;
  }

  private static Tensor normal(long id, long... shape) {
    CounterRandom random = CounterRandom.of(5, 0, id, CounterRandom.Purpose.WEIGHTS);
    long count = 1;
    for (long dim : shape) {
      count *= dim;
    }
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape);
  }
}
