package ai.lacuna.pretrain;

import ai.lacuna.data.Batch;
import ai.lacuna.masking.ImageMaskSampler;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.MaskSampler;
import ai.lacuna.masking.MaskSamplers;
import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.PatchGrid;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.VitConfig;
import java.util.ArrayList;
import java.util.List;

/** The masks of a run's batches, and the function that takes their count. */
final class BatchMasks {
  private final PretrainConfig config;
  private final MaskedAutoencoder network;
  private final MaskSamplers samplers;
  private final PatchGrid grid;

  BatchMasks(PretrainConfig config, MaskSamplers samplers) {
    this.config = config;
    this.network = config.network();
    this.samplers = samplers;
    this.grid = grid(config.vit());
  }

  /**
   * What draws the masks of pictures: as in the last epochs, or uniform if the caller drew them.
   */
  static ImageMaskSampler forPictures(PretrainConfig config) {
    MaskStrategy strategy = config.masking().strategy();
    return strategy instanceof MaskStrategy.Custom
        ? new RandomMask(config.vit().numPatches(), config.keep())
        : strategy.sampler(grid(config.vit()), config.keep());
  }

  private static PatchGrid grid(VitConfig vit) {
    return new PatchGrid(vit.gridHeight(), vit.gridWidth());
  }

  /** The program's function for the loss of an epoch. */
  String function(int epoch) {
    return network.lossName(config.keep(epoch));
  }

  /** A mask for each image of a batch, all of one count. */
  List<Mask> draw(int epoch, Batch batch) {
    int keep = config.keep(epoch);
    ImageMaskSampler sampler = samplers.sampler(grid, keep);
    List<Mask> masks = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      long id = batch.ids()[i];
      Mask mask =
          sampler instanceof MaskSampler blind
              ? blind.sample(config.seed(), epoch, id)
              : sampler.sample(config.seed(), epoch, id, image(batch, i));
      if (mask.size() != grid.size() || mask.keep() != keep) {
        throw new IllegalArgumentException(
            "mask of sample %s in epoch %s: expected %s of %s patches kept, found %s of %s"
                .formatted(id, epoch, keep, grid.size(), mask.keep(), mask.size()));
      }
      masks.add(mask);
    }
    return masks;
  }

  private Pixels image(Batch batch, int index) {
    VitConfig vit = config.vit();
    byte[] data = new byte[vit.imageHeight() * vit.imageWidth() * vit.channels()];
    batch.images().get(index * data.length, data);
    return Pixels.of(vit.imageHeight(), vit.imageWidth(), vit.channels(), data);
  }
}
