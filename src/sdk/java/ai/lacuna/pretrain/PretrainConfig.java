package ai.lacuna.pretrain;

import ai.lacuna.masking.RandomMask;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;

/**
 * Everything that decides what a pretraining run computes; where it runs is not part of it.
 *
 * @param vit the encoder
 * @param decoder the decoder
 * @param normalization channel statistics of the data
 * @param maskRatio share of patches removed, in (0, 1)
 * @param normPixLoss whether each target patch is normalised by its own mean and variance
 * @param recipe epochs, batch and learning rate
 * @param minCropScale least share of the image's area that a random crop takes, in (0, 1]
 * @param flip whether half of the images are mirrored
 * @param seed the run's seed
 */
public record PretrainConfig(
    VitConfig vit,
    DecoderConfig decoder,
    Normalization normalization,
    double maskRatio,
    boolean normPixLoss,
    Recipe recipe,
    double minCropScale,
    boolean flip,
    long seed) {

  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  /**
   * How long and how fast.
   *
   * @param epochs passes over the data, at least 1
   * @param warmupEpochs epochs of linear warm-up, less than {@code epochs}
   * @param batchSize images of a step
   * @param baseLearningRate rate at a batch of 256; the peak is base · batch / 256
   * @param minLearningRate rate at the end
   * @param adamW the optimizer
   */
  public record Recipe(
      int epochs,
      int warmupEpochs,
      int batchSize,
      double baseLearningRate,
      double minLearningRate,
      AdamW adamW) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    public Recipe {
      if (epochs < 1 || batchSize < 1 || warmupEpochs < 0 || warmupEpochs >= epochs) {
        throw new IllegalArgumentException(
            "recipe: expected epochs and batch size of at least 1 and fewer warm-up epochs than"
                + " epochs, found epochs "
                + epochs
                + ", warm-up "
                + warmupEpochs
                + ", batch "
                + batchSize);
      }
      if (!(baseLearningRate > 0) || !(minLearningRate >= 0)) {
        throw new IllegalArgumentException(
            "recipe: expected a learning rate above 0, found " + baseLearningRate);
      }
    }

    /**
     * Returns the schedule with the scaled peak.
     *
     * @return base · batch / 256 after the warm-up, then half a cosine
     */
    public CosineSchedule schedule() {
      double peak = baseLearningRate * batchSize / CosineSchedule.REFERENCE_BATCH;
      return new CosineSchedule(peak, minLearningRate, warmupEpochs, epochs);
    }
  }

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  public PretrainConfig {
    RandomMask.keep(vit.numPatches(), maskRatio);
    if (!(minCropScale > 0 && minCropScale <= 1)) {
      throw new IllegalArgumentException(
          "minCropScale: expected more than 0 and at most 1, found " + minCropScale);
    }
  }

  /**
   * Returns the number of visible patches.
   *
   * @return ⌊N · (1 − maskRatio)⌋
   */
  public int keep() {
    return RandomMask.keep(vit.numPatches(), maskRatio);
  }

  /**
   * Returns the network.
   *
   * @return encoder and decoder as a graph
   */
  public MaskedAutoencoder network() {
    VisionTransformer encoder = new VisionTransformer(vit, normalization);
    return new MaskedAutoencoder(encoder, decoder, keep(), normPixLoss);
  }

  /**
   * Returns this configuration with another recipe.
   *
   * @param other the recipe
   * @return a copy
   */
  public PretrainConfig withRecipe(Recipe other) {
    return new PretrainConfig(
        vit, decoder, normalization, maskRatio, normPixLoss, other, minCropScale, flip, seed);
  }

  /**
   * Writes JSON.
   *
   * @return the text; {@link #fromJson} reads it
   */
  public String toJson() {
    return GSON.toJson(this);
  }

  /**
   * Reads JSON.
   *
   * @param json what {@link #toJson} wrote
   * @return the configuration
   * @throws IllegalArgumentException if it is not such a text or a value is out of range
   */
  public static PretrainConfig fromJson(String json) {
    try {
      PretrainConfig config = GSON.fromJson(json, PretrainConfig.class);
      if (config == null) {
        throw new IllegalArgumentException("pretraining config: expected JSON, found nothing");
      }
      return config;
    } catch (JsonParseException | NullPointerException e) {
      throw new IllegalArgumentException("pretraining config: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the recipe of the paper for a network (arXiv 2111.06377, table 8), at 400 epochs.
   *
   * @param vit the encoder
   * @param decoder the decoder
   * @param normalization channel statistics
   * @return masking 75 %, normalised targets, batch 4096, base rate 1.5e-4, 40 epochs of warm-up
   */
  public static PretrainConfig paper(
      VitConfig vit, DecoderConfig decoder, Normalization normalization) {
    Recipe recipe = new Recipe(400, 40, 4096, 1.5e-4, 0, AdamW.pretraining());
    return new PretrainConfig(vit, decoder, normalization, 0.75, true, recipe, 0.2, true, 0);
  }
}
