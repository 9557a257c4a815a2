package ai.lacuna.segment;

import ai.lacuna.finetune.ConfigFormat;
import ai.lacuna.finetune.FineTuneConfig.Recipe;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Numerics;
import ai.lacuna.vit.ImageSegmenter;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.SegmentationHead;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.util.List;

/**
 * Everything that decides what a segmenter's training computes; where it runs is not part of it.
 *
 * @param encoder what the encoder is called
 * @param encoderSha256 digest of its weights
 * @param pretrained whether the run begins with them, or from scratch
 * @param vit the encoder's architecture
 * @param preprocessing size, channels and statistics of the network's images; a whole image is
 *     squeezed into that size, whatever its aspect
 * @param head what reads the patches
 * @param names of the classes
 * @param recipe how long and how fast
 * @param augmentation what is done to training images and masks
 * @param dropPath rate of stochastic depth at the last block, at least 0 and below 1
 * @param averageDecay decay of the moving average of the weights; 0 for none, below 1
 * @param seed the run's seed
 * @param numerics types, memory and guards of the arithmetic; the loss is in float32
 */
public record SegmenterConfig(
    String encoder,
    String encoderSha256,
    boolean pretrained,
    VitConfig vit,
    Preprocessing preprocessing,
    SegmentationHead head,
    List<String> names,
    Recipe recipe,
    SegmentAugmentation augmentation,
    double dropPath,
    double averageDecay,
    long seed,
    Numerics numerics) {
  /** Its JSON. */
  static final ConfigFormat<SegmenterConfig> FORMAT =
      new ConfigFormat<>("segment", SegmenterConfig.class, "segmentation");

  /**
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public SegmenterConfig {
    names = List.copyOf(names);
    if (names.size() != head.classes()) {
      throw new IllegalArgumentException(
          "segmentation head: expected "
              + names.size()
              + " classes, one for each name, found "
              + head.classes());
    }
    requireShare("drop path", dropPath);
    requireShare("decay of the average", averageDecay);
    recipe.requireFit(vit.depth());
  }

  private static void requireShare(String what, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          what + ": expected at least 0 and less than 1, found " + value);
    }
  }

  /** The network as a graph. */
  public ImageSegmenter network() {
    Normalization normalization = new Normalization(preprocessing.mean(), preprocessing.std());
    return new ImageSegmenter(new VisionTransformer(vit, normalization), head);
  }

  /**
   * Writes JSON.
   *
   * @return the text; {@link #fromJson} reads it
   */
  public String toJson() {
    return FORMAT.write(this);
  }

  /**
   * Reads JSON.
   *
   * @param json what {@link #toJson} wrote
   * @return the configuration
   * @throws IllegalArgumentException if it is not such a text or a value is out of range
   */
  public static SegmenterConfig fromJson(String json) {
    return FORMAT.read(json);
  }
}
