package ai.lacuna.pretrain;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.masking.MaskSamplers;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.run.RunBuilder;

/** Collects what a run needs: see {@link Pretrainer#builder}. */
public final class PretrainerBuilder extends RunBuilder<PretrainerBuilder> {
  private final PretrainConfig config;
  private final ImageDataset data;
  private MaskSamplers masks;
  private LossEnd end;

  PretrainerBuilder(PretrainConfig config, ImageDataset data) {
    super(data.name());
    this.config = config;
    this.data = data;
    this.masks = config.masking().strategy();
    this.end = LossEnd.of(config);
  }

  @Override
  protected PretrainerBuilder self() {
    return this;
  }

  /**
   * Sets the masks of a configuration whose strategy is {@link MaskStrategy.Custom}: explicit ones,
   * or those of a caller's own map.
   *
   * @param own makes a sampler for each count of patches that the configuration's ratio passes
   * @return this
   */
  public PretrainerBuilder masks(MaskSamplers own) {
    masks = own;
    return this;
  }

  /**
   * Sets the network of a perceptual loss; without this, the loss names a file.
   *
   * @param network whose features are compared
   * @return this
   * @throws IllegalArgumentException if the configuration's loss has no perceptual term
   */
  public PretrainerBuilder perceptual(FrozenNetwork network) {
    end = LossEnd.of(config, network);
    return this;
  }

  /**
   * Makes the pretrainer.
   *
   * @return ready to run
   * @throws IllegalArgumentException if masks are given and the configuration is not for custom
   *     ones, or the other way round
   */
  public Pretrainer build() {
    MaskStrategy strategy = config.masking().strategy();
    if (strategy instanceof MaskStrategy.Custom && masks == strategy) {
      throw new IllegalArgumentException(
          "mask " + strategy.text() + ": expected the masks in PretrainerBuilder.masks");
    }
    if (!(strategy instanceof MaskStrategy.Custom) && masks != strategy) {
      throw new IllegalArgumentException(
          "masks: expected a configuration with the strategy custom, found " + strategy.text());
    }
    return new Pretrainer(new PretrainTask(config, data, masks, end), settings());
  }
}
