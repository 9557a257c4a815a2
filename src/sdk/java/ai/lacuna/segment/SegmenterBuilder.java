package ai.lacuna.segment;

import ai.lacuna.data.HeldOut;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.finetune.Patience;
import ai.lacuna.finetune.RecipeBuilder;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.SegmentationHead;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.Optional;

/**
 * Collects what a segmenter's training needs. Unless set: ten epochs of a linear head on the frozen
 * encoder, cosine with one epoch of warm-up, base rate 8e-3, batches of 32 or the whole of a
 * smaller data set, mirrored crops of at least half of the area, decay 0.05 and a tenth of it for
 * the head, seed 0, no validation.
 */
public final class SegmenterBuilder extends RecipeBuilder<SegmenterBuilder> {
  /** Channels of the convolutional head unless others are set. */
  public static final int WIDTH = 256;

  private static final int EPOCHS = 10;
  private static final int BATCH = 32;
  private static final double RATE = 8e-3;

  private final String encoder;
  private final VitConfig vit;
  private final Preprocessing preprocessing;
  private final NamedTensors weights;
  private final MaskedImages all;
  private MaskedImages train;
  private Optional<MaskedImages> validation = Optional.empty();
  private SegmentationHead.Kind head = SegmentationHead.Kind.LINEAR;
  private int width = WIDTH;
  private SegmentAugmentation augmentation = SegmentAugmentation.light();

  SegmenterBuilder(Encoder encoder, MaskedImages train) {
    super(train.pairs().name(), BATCH);
    this.encoder = encoder.name();
    this.vit = encoder.config();
    this.preprocessing = encoder.preprocessing();
    this.weights = encoder.weights();
    this.all = train;
    this.train = train;
    plan(UnfreezePlan.head(EPOCHS)).learningRate(RATE);
  }

  @Override
  protected SegmenterBuilder self() {
    return this;
  }

  /**
   * Judges each epoch on images that are not trained on, and keeps the best one. Of this and {@link
   * #validationShare} the last call counts.
   *
   * @param images with the classes of the training images
   * @return this
   */
  public SegmenterBuilder validation(MaskedImages images) {
    validation = Optional.of(images);
    train = all;
    return this;
  }

  /**
   * Holds out a share of the training images to judge each epoch on; the same images whatever the
   * seed. Of this and {@link #validation(MaskedImages)} the last call counts.
   *
   * @param share between 0 and 1
   * @return this
   * @throws IllegalArgumentException if the share is out of range or leaves one part empty
   * @throws IOException if the data can't be read
   */
  public SegmenterBuilder validationShare(double share) throws IOException {
    HeldOut parts = HeldOut.of(all.pairs(), share);
    validation = Optional.of(new MaskedImages(parts.heldOut(), all.classes()));
    train = new MaskedImages(parts.kept(), all.classes());
    return this;
  }

  /**
   * Returns what epochs are judged on.
   *
   * @return the images; none if they are not judged
   */
  public Optional<MaskedImages> validation() {
    return validation;
  }

  /**
   * Sets what reads the patches.
   *
   * @param kind linear, or with convolutions
   * @return this
   */
  public SegmenterBuilder head(SegmentationHead.Kind kind) {
    head = kind;
    return this;
  }

  /**
   * Sets the channels of the convolutional head.
   *
   * @param channels at least 1
   * @return this
   */
  public SegmenterBuilder headWidth(int channels) {
    width = channels;
    return this;
  }

  /**
   * Sets what is done to training images and masks.
   *
   * @param value crops, flips, colours
   * @return this
   */
  public SegmenterBuilder augmentation(SegmentAugmentation value) {
    augmentation = value;
    return this;
  }

  /**
   * Makes the segmenter.
   *
   * @return ready to run
   * @throws IllegalArgumentException if settings do not fit together
   */
  public Segmenter build() {
    Patience patience = patience(validation.isPresent());
    int classes = train.classes().size();
    if (validation.isPresent() && !validation.get().classes().equals(train.classes())) {
      throw new IllegalArgumentException(
          "validation: expected the classes of the training images, %s, found %s"
              .formatted(train.classes(), validation.get().classes()));
    }
    SegmenterConfig config =
        new SegmenterConfig(
            encoder,
            weights.sha256(),
            pretrained(),
            vit,
            preprocessing,
            switch (head) {
              case LINEAR -> SegmentationHead.linear(classes);
              case CONV -> SegmentationHead.conv(classes, width);
            },
            train.classes(),
            recipe(train.pairs().size()),
            augmentation,
            dropPath(),
            averageDecay(),
            seed(),
            numerics());
    SegmentTask task = new SegmentTask(config, weights, train.pairs());
    return new Segmenter(task, settings(), validation, patience);
  }
}
