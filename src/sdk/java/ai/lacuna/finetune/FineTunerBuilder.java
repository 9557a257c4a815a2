package ai.lacuna.finetune;

import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuneConfig.ClassBalance;
import ai.lacuna.finetune.FineTuneConfig.Recipe;
import ai.lacuna.finetune.FineTuneConfig.Regularization;
import ai.lacuna.run.RunBuilder;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.Optional;

/**
 * Collects what fine-tuning needs. Unless set: ten epochs of the whole network after one of the
 * head, layer decay 0.75, cosine with one epoch of warm-up, base rate 1e-3, batches of 256 or the
 * whole of a smaller data set, mirrored crops of at least 80 % of the area, the mean of the patch
 * tokens, decay 0.05 and a tenth of it for the head, seed 0, no validation.
 */
public final class FineTunerBuilder extends RunBuilder<FineTunerBuilder> {
  private static final double DECAY = 0.05;
  private static final double HEAD_SHARE = 0.1;

  private final String encoder;
  private final VitConfig vit;
  private final Preprocessing preprocessing;
  private final NamedTensors weights;
  private LabelledImages train;
  private Optional<LabelledImages> validation = Optional.empty();
  private int patience;
  private boolean pretrained = true;
  private HeadConfig.Pooling pooling = HeadConfig.Pooling.MEAN;
  private UnfreezePlan plan = UnfreezePlan.head(1).then(UnfreezePlan.all(10));
  private RateRule rates = new RateRule.LayerDecay(0.75);
  private RateSchedule schedule = new RateSchedule.Cosine(1);
  private int batchSize = 256;
  private double learningRate = 1e-3;
  private double weightDecay = DECAY;
  private double headWeightDecay = DECAY * HEAD_SHARE;
  private FineTuneAugmentation augmentation = FineTuneAugmentation.light();
  private Regularization regularization = Regularization.none();
  private Numerics numerics = Numerics.plain();
  private long seed;

  FineTunerBuilder(Encoder encoder, LabelledImages train) {
    super(train.images().name());
    this.encoder = encoder.name();
    this.vit = encoder.config();
    this.preprocessing = encoder.preprocessing();
    this.weights = encoder.weights();
    this.train = train;
  }

  @Override
  protected FineTunerBuilder self() {
    return this;
  }

  /**
   * Judges each epoch on images that are not trained on, and keeps the best one.
   *
   * @param images with the classes of the training images
   * @return this
   */
  public FineTunerBuilder validation(ImageDataset images) {
    return validation(LabelledImages.of(images));
  }

  /**
   * Judges each epoch on images that are not trained on, and keeps the best one.
   *
   * @param images with the outputs of the training images
   * @return this
   */
  public FineTunerBuilder validation(LabelledImages images) {
    validation = Optional.of(images);
    return this;
  }

  /**
   * Holds out a share of the training images, of each class where there are any, to judge each
   * epoch on; the same images whatever the seed.
   *
   * @param share between 0 and 1
   * @return this
   * @throws IOException if a label can't be read
   */
  public FineTunerBuilder validationShare(double share) throws IOException {
    HeldOut parts = HeldOut.of(train.images(), share);
    validation = Optional.of(new LabelledImages(parts.heldOut(), train.targets()));
    train = new LabelledImages(parts.kept(), train.targets());
    return this;
  }

  /**
   * Ends the run when so many epochs in a row were no better than the best one before.
   *
   * @param epochs at least 1; needs validation
   * @return this
   */
  public FineTunerBuilder patience(int epochs) {
    patience = epochs;
    return this;
  }

  /**
   * Leaves the encoder's weights out: the same network with the same budget, for comparison.
   *
   * @return this
   */
  public FineTunerBuilder fromScratch() {
    pretrained = false;
    return this;
  }

  /**
   * Sets which tokens the head reads.
   *
   * @param value class token or mean
   * @return this
   */
  public FineTunerBuilder pooling(HeadConfig.Pooling value) {
    pooling = value;
    return this;
  }

  /**
   * Trains the whole network from the start.
   *
   * @param count passes over the data, at least 1
   * @return this
   */
  public FineTunerBuilder epochs(int count) {
    return plan(UnfreezePlan.all(count));
  }

  /**
   * Sets which layers are trained, and for how long.
   *
   * @param value the plan
   * @return this
   */
  public FineTunerBuilder plan(UnfreezePlan value) {
    plan = value;
    return this;
  }

  /**
   * Sets how the learning rates of layers differ.
   *
   * @param value the rule
   * @return this
   */
  public FineTunerBuilder rates(RateRule value) {
    rates = value;
    return this;
  }

  /**
   * Sets the learning rate over the run.
   *
   * @param value the schedule
   * @return this
   */
  public FineTunerBuilder schedule(RateSchedule value) {
    schedule = value;
    return this;
  }

  /**
   * Sets the images of a step; a smaller data set is one batch.
   *
   * @param images at least 1
   * @return this
   */
  public FineTunerBuilder batchSize(int images) {
    batchSize = images;
    return this;
  }

  /**
   * Sets the base learning rate.
   *
   * @param base of the head at a batch of 256; the peak is base · batch / 256
   * @return this
   */
  public FineTunerBuilder learningRate(double base) {
    learningRate = base;
    return this;
  }

  /**
   * Sets the decoupled decay of the encoder's matrices, and a tenth of it for the head's; vectors
   * and the class token do not decay.
   *
   * @param decay at least 0
   * @return this
   */
  public FineTunerBuilder weightDecay(double decay) {
    return weightDecay(decay, decay * HEAD_SHARE);
  }

  /**
   * Sets both decays.
   *
   * @param decay of the encoder's matrices, at least 0
   * @param headDecay of the head's matrix, at least 0
   * @return this
   */
  public FineTunerBuilder weightDecay(double decay, double headDecay) {
    weightDecay = decay;
    headWeightDecay = headDecay;
    return this;
  }

  /**
   * Sets what is done to training images.
   *
   * @param value crops, colours, mixing
   * @return this
   */
  public FineTunerBuilder augmentation(FineTuneAugmentation value) {
    augmentation = value;
    return this;
  }

  /**
   * Sets the rate of stochastic depth at the last block.
   *
   * @param rate at least 0, below 1
   * @return this
   */
  public FineTunerBuilder dropPath(double rate) {
    regularization =
        new Regularization(
            rate,
            regularization.labelSmoothing(),
            regularization.averageDecay(),
            regularization.balance());
    return this;
  }

  /**
   * Sets the share of a label that is spread over all classes.
   *
   * @param share at least 0, below 1
   * @return this
   */
  public FineTunerBuilder labelSmoothing(double share) {
    regularization =
        new Regularization(
            regularization.dropPath(),
            share,
            regularization.averageDecay(),
            regularization.balance());
    return this;
  }

  /**
   * Judges and keeps a moving average of the weights in place of the weights themselves.
   *
   * @param decay of the average, below 1, such as 0.999; 0 for none
   * @return this
   */
  public FineTunerBuilder averageWeights(double decay) {
    regularization =
        new Regularization(
            regularization.dropPath(),
            regularization.labelSmoothing(),
            decay,
            regularization.balance());
    return this;
  }

  /**
   * Sets what is done about classes of unequal size.
   *
   * @param value nothing, weights or sampling
   * @return this
   */
  public FineTunerBuilder balance(ClassBalance value) {
    regularization =
        new Regularization(
            regularization.dropPath(),
            regularization.labelSmoothing(),
            regularization.averageDecay(),
            value);
    return this;
  }

  /**
   * Sets types, memory and guards of the arithmetic.
   *
   * @param value float32, whole batches and no clipping unless set
   * @return this
   */
  public FineTunerBuilder numerics(Numerics value) {
    numerics = value;
    return this;
  }

  /**
   * Sets the run's seed: of the head, the order and everything random.
   *
   * @param value any number
   * @return this
   */
  public FineTunerBuilder seed(long value) {
    seed = value;
    return this;
  }

  /**
   * Makes the fine-tuner.
   *
   * @return ready to run
   * @throws IOException if a label can't be read
   * @throws ai.lacuna.data.DataException if there is one class only, a class without an image, or a
   *     value that is the same for all images
   * @throws IllegalArgumentException if settings do not fit together
   */
  public FineTuner build() throws IOException {
    if (patience > 0 && validation.isEmpty()) {
      throw new IllegalArgumentException(
          "patience: expected validation images to judge epochs on, found none");
    }
    Targets targets = train.targets();
    if (validation.isPresent() && !validation.get().targets().names().equals(targets.names())) {
      throw new IllegalArgumentException(
          "validation: expected the outputs of the training images, %s, found %s"
              .formatted(targets.names(), validation.get().targets().names()));
    }
    FineTuneConfig config =
        new FineTuneConfig(
            encoder,
            weights.sha256(),
            pretrained,
            vit,
            preprocessing,
            new HeadConfig(pooling, targets.target(), targets.names().size()),
            targets.names(),
            ValueScale.of(train),
            new Recipe(
                plan,
                rates,
                schedule,
                Math.max(1, Math.min(batchSize, train.images().size())),
                learningRate,
                new AdamW(0.9, 0.999, 1e-8, weightDecay),
                headWeightDecay),
            augmentation,
            regularization,
            seed,
            numerics);
    FineTuneTask task = new FineTuneTask(config, weights, train.images(), targets);
    return new FineTuner(task, settings(), validation, patience);
  }
}
