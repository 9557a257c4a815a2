package ai.lacuna.finetune;

import ai.lacuna.data.Channels;
import ai.lacuna.data.HeldOut;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.FineTuneConfig.ClassBalance;
import ai.lacuna.finetune.FineTuneConfig.Regularization;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Collects what fine-tuning needs. Unless set: ten epochs of the whole network after one of the
 * head, layer decay 0.75, cosine with one epoch of warm-up, base rate 1e-3, batches of 256 or the
 * whole of a smaller data set, mirrored crops of at least 80 % of the area, the mean of the patch
 * tokens, decay 0.05 and a tenth of it for the head, seed 0, no validation.
 */
public final class FineTunerBuilder extends RecipeBuilder<FineTunerBuilder> {
  private final String encoder;
  private final VitConfig vit;
  private final Preprocessing preprocessing;
  private final NamedTensors weights;
  private final LabelledImages all;
  private LabelledImages train;
  private Optional<LabelledImages> validation = Optional.empty();
  private HeadConfig.Pooling pooling = HeadConfig.Pooling.MEAN;
  private FineTuneAugmentation augmentation = FineTuneAugmentation.light();
  private List<Double> patchDrop = List.of();
  private double labelSmoothing;
  private ClassBalance balance = ClassBalance.NONE;

  FineTunerBuilder(Encoder encoder, LabelledImages train) {
    super(train.images().name());
    this.encoder = encoder.name();
    this.vit = encoder.config();
    this.preprocessing = encoder.preprocessing();
    this.weights = encoder.weights();
    this.all = train;
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
   * Judges each epoch on images that are not trained on, and keeps the best one. Of this and {@link
   * #validationShare} the last call counts.
   *
   * @param images with the outputs of the training images
   * @return this
   */
  public FineTunerBuilder validation(LabelledImages images) {
    validation = Optional.of(images);
    train = all;
    return this;
  }

  /**
   * Holds out a share of the training images, of each class where there are any, to judge each
   * epoch on; the same images whatever the seed. Of this and {@link #validation(LabelledImages)}
   * the last call counts.
   *
   * @param share between 0 and 1
   * @return this
   * @throws ai.lacuna.data.DataException if there is one class only
   * @throws IllegalArgumentException if the share is out of range or leaves one part empty
   * @throws IOException if a label can't be read
   */
  public FineTunerBuilder validationShare(double share) throws IOException {
    requireSeveralClasses();
    HeldOut parts = HeldOut.of(all.images(), share);
    validation = Optional.of(new LabelledImages(parts.heldOut(), all.targets()));
    train = new LabelledImages(parts.kept(), all.targets());
    return this;
  }

  /**
   * Files have 1 or 3 channels, which convert into each other; then a damaged first image is left
   * to the loader, which passes over some.
   */
  private void requireChannels() throws IOException {
    int channels = preprocessing.channels();
    boolean files = channels == 1 || channels == 3;
    if (!files && train.images().size() > 0) {
      Channels.require(train.images(), channels);
    }
  }

  private void requireSeveralClasses() {
    if (train.targets().target() == HeadConfig.Target.CLASSES) {
      ClassCounts.requireSeveral(train.images());
    }
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
   * Sets the share of a label that is spread over all classes.
   *
   * @param share at least 0, below 1
   * @return this
   */
  public FineTunerBuilder labelSmoothing(double share) {
    labelSmoothing = share;
    return this;
  }

  /**
   * Leaves patches out of training, drawn anew for each image and epoch (arXiv 2208.07220; timm's
   * {@code patch_drop_rate}): steps get cheaper nearly in proportion, and the network learns less
   * by heart. A masked autoencoder's encoder knows such images. Judged images are whole.
   *
   * @param rates share of the patches, at least 0, below 1, in each phase of the plan; the last one
   *     holds for all that follow; none unless set
   * @return this
   */
  public FineTunerBuilder patchDrop(double... rates) {
    patchDrop = Arrays.stream(rates).boxed().toList();
    return this;
  }

  /**
   * Sets what is done about classes of unequal size.
   *
   * @param value nothing, weights or sampling
   * @return this
   */
  public FineTunerBuilder balance(ClassBalance value) {
    balance = value;
    return this;
  }

  /**
   * Makes the fine-tuner.
   *
   * @return ready to run
   * @throws IOException if a label can't be read
   * @throws ai.lacuna.data.DataException if there is one class only, a class without an image, a
   *     value that is the same for all images, or an encoder of channels that images have not
   * @throws IllegalArgumentException if settings do not fit together
   */
  public FineTuner build() throws IOException {
    Patience patience = patience(validation.isPresent());
    Targets targets = train.targets();
    requireSeveralClasses();
    requireChannels();
    if (validation.isPresent() && !validation.get().targets().names().equals(targets.names())) {
      throw new IllegalArgumentException(
          "validation: expected the outputs of the training images, %s, found %s"
              .formatted(targets.names(), validation.get().targets().names()));
    }
    FineTuneConfig config =
        new FineTuneConfig(
            encoder,
            weights.sha256(),
            pretrained(),
            vit,
            preprocessing,
            new HeadConfig(pooling, targets.target(), targets.names().size()),
            targets.names(),
            ValueScale.of(train),
            recipe(train.images().size()),
            augmentation,
            new Regularization(dropPath(), patchDrop, labelSmoothing, averageDecay(), balance),
            seed(),
            numerics());
    FineTuneTask task = new FineTuneTask(config, weights, train.images(), targets);
    return new FineTuner(task, settings(), validation, patience);
  }
}
