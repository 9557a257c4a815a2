package ai.lacuna.segment;

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
import java.util.List;
import java.util.Random;

/**
 * Dark noise with a grey and a white block, each of 4 × 4 pixels on a grid of them: classes 0, 1
 * and 2. The last pixel is ignored.
 *
 * @param size how many
 * @param first the first sample's number, so that two sets differ
 */
record Blocks(int size, int first) implements ImageDataset {
  static final int SIDE = 8;
  static final List<String> CLASSES = List.of("ground", "grey", "white");

  private static final int[] VALUES = {0, 110, 200};
  private static final VitConfig VIT =
      new VitConfig(SIDE, SIDE, 1, 4, 16, 2, 2, 2, VitConfig.Positions.SIN_COS);

  static final Preprocessing PREPROCESSING =
      new Preprocessing(SIDE, SIDE, 1, List.of(0.4), List.of(0.3), Interpolation.BICUBIC, 1);

  static MaskedImages of(int size, int first) {
    return new MaskedImages(new Blocks(size, first), CLASSES);
  }

  static Encoder encoder() {
    Normalization normalization = new Normalization(PREPROCESSING.mean(), PREPROCESSING.std());
    VisionTransformer network = new VisionTransformer(VIT, normalization);
    return Encoder.of(
        "blocks", VIT, PREPROCESSING, Weights.initial(network.program(), 1), Device.cpu());
  }

  @Override
  public Sample get(int index) {
    Random random = new Random(first + index);
    int grey = random.nextInt(4);
    int white = (grey + 1 + random.nextInt(3)) % 4;
    byte[] image = new byte[SIDE * SIDE];
    byte[] mask = new byte[SIDE * SIDE];
    for (int i = 0; i < image.length; i++) {
      int block = i / SIDE / 4 * 2 + i % SIDE / 4;
      int label = block == grey ? 1 : block == white ? 2 : 0;
      mask[i] = (byte) label;
      image[i] = (byte) (VALUES[label] + random.nextInt(50));
    }
    mask[mask.length - 1] = (byte) Masks.IGNORED;
    Pixels joined = Masks.join(Pixels.of(SIDE, SIDE, 1, image), Pixels.of(SIDE, SIDE, 1, mask));
    return new Sample(first + index, joined, Sample.NO_LABEL);
  }

  @Override
  public List<String> classNames() {
    return List.of();
  }

  @Override
  public String name() {
    return "blocks";
  }
}
