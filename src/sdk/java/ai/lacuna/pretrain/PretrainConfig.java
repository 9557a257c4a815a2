package ai.lacuna.pretrain;

import ai.lacuna.graph.Program;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.CosineSchedule;
import ai.lacuna.train.Numerics;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import java.util.stream.IntStream;

/**
 * Everything that decides what a pretraining run computes; where it runs is not part of it.
 *
 * @param vit the encoder
 * @param decoder the decoder
 * @param normalization channel statistics of the data
 * @param masking which patches are removed
 * @param objective what is predicted, and how errors count
 * @param recipe epochs, batch and learning rate
 * @param augmentation crops and mirrors
 * @param seed the run's seed
 * @param numerics types, memory and guards of the arithmetic
 */
public record PretrainConfig(
    VitConfig vit,
    DecoderConfig decoder,
    Normalization normalization,
    MaskPlan masking,
    Objective objective,
    Recipe recipe,
    Augmentation augmentation,
    long seed,
    Numerics numerics) {

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
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException if the mask would leave no patch, or remove none, or a
   *     perceptual loss meets activations that are not kept
   */
  public PretrainConfig {
    masking.requireFit(vit.numPatches());
    if (numerics.checkpointActivations() && objective.loss().perceptual().isPresent()) {
      throw new IllegalArgumentException(
          "loss "
              + objective.loss().text()
              + ": expected activations that are kept, for its network is not part of the trained"
              + " one; leave out checkpointing of activations");
    }
  }

  /**
   * A configuration with plain numerics: float32, whole batches, no clipping.
   *
   * @param vit the encoder
   * @param decoder the decoder
   * @param normalization channel statistics of the data
   * @param masking which patches are removed
   * @param objective what is predicted, and how errors count
   * @param recipe epochs, batch and learning rate
   * @param augmentation crops and mirrors
   * @param seed the run's seed
   */
  public PretrainConfig(
      VitConfig vit,
      DecoderConfig decoder,
      Normalization normalization,
      MaskPlan masking,
      Objective objective,
      Recipe recipe,
      Augmentation augmentation,
      long seed) {
    this(
        vit,
        decoder,
        normalization,
        masking,
        objective,
        recipe,
        augmentation,
        seed,
        Numerics.plain());
  }

  /**
   * Returns the number of visible patches at the end of the ratio's schedule.
   *
   * @return ⌊N · (1 − ratio)⌋
   */
  public int keep() {
    return RandomMask.keep(vit.numPatches(), masking.ratio().last());
  }

  /**
   * Returns the number of visible patches in an epoch.
   *
   * @param epoch the epoch, from 0
   * @return ⌊N · (1 − ratio of the epoch)⌋
   */
  public int keep(int epoch) {
    return masking.keep(vit.numPatches(), seed, epoch);
  }

  /**
   * Returns the network with the visible patches of the schedule's end.
   *
   * @return encoder and decoder as a graph
   */
  public MaskedAutoencoder network() {
    return network(keep());
  }

  /** The network for a count of visible patches. */
  MaskedAutoencoder network(int visible) {
    VisionTransformer encoder = new VisionTransformer(vit, normalization);
    return new MaskedAutoencoder(encoder, decoder, visible, objective, augmentation.fit().pads());
  }

  /**
   * Returns what is trained: the network's functions, and the loss for each count of visible
   * patches that an epoch has.
   *
   * @return the program
   */
  public Program program() {
    return network()
        .program(
            IntStream.range(0, recipe.epochs())
                .map(this::keep)
                .distinct()
                .sorted()
                .boxed()
                .toList());
  }

  /**
   * Returns what is done to whole images before the network sees them.
   *
   * @return bicubic resizing to the network's size, cropped or padded to its aspect as in training
   */
  public Preprocessing preprocessing() {
    return new Preprocessing(
        vit.imageHeight(),
        vit.imageWidth(),
        vit.channels(),
        normalization.mean(),
        normalization.std(),
        Interpolation.BICUBIC,
        1,
        augmentation.fit());
  }

  /**
   * Returns this configuration with another recipe.
   *
   * @param other the recipe
   * @return a copy
   */
  public PretrainConfig withRecipe(Recipe other) {
    return new PretrainConfig(
        vit, decoder, normalization, masking, objective, other, augmentation, seed, numerics);
  }

  /**
   * Returns this configuration with other numerics.
   *
   * @param other types, memory and guards
   * @return a copy
   */
  public PretrainConfig withNumerics(Numerics other) {
    return new PretrainConfig(
        vit, decoder, normalization, masking, objective, recipe, augmentation, seed, other);
  }

  /**
   * Writes JSON.
   *
   * @return the text; {@link #fromJson} reads it
   */
  public String toJson() {
    return ConfigJson.write(this);
  }

  /**
   * Reads JSON.
   *
   * @param json what {@link #toJson} wrote, in this version or an earlier one
   * @return the configuration
   * @throws IllegalArgumentException if it is not such a text or a value is out of range
   */
  public static PretrainConfig fromJson(String json) {
    return ConfigJson.read(json);
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
    return new PretrainConfig(
        vit,
        decoder,
        normalization,
        MaskPlan.paper(),
        Objective.paper(),
        recipe,
        Augmentation.paper(),
        0);
  }
}
