package ai.lacuna.pretrain;

import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Loader;
import ai.lacuna.data.RandomFlip;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.data.ReducedCrop;
import ai.lacuna.data.Transform;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.VitConfig;
import java.util.function.Consumer;

/**
 * The batches that a configuration trains on; a pure function of configuration, data and epoch, for
 * the loop and for whoever computes a step again.
 *
 * @param config what is computed
 * @param data the images
 * @param transform what is done to each; remembers which files are whole
 */
record TrainingBatches(PretrainConfig config, ImageDataset data, Transform transform) {
  private static final double EVEN_CHANCE = 0.5;

  /**
   * The batches of a configuration.
   *
   * @throws ai.lacuna.data.DataException if JPEGs are to be reduced, and nothing here can do it
   */
  TrainingBatches(PretrainConfig config, ImageDataset data) {
    this(config, data, transform(config, data.size()));
  }

  /** As the other, however many images are damaged: for whoever computes a step again. */
  Loader open(int epoch, int batch, int workers) {
    return open(epoch, batch, workers, 1, read -> {});
  }

  /**
   * Opens an epoch at one of its batches; the caller closes the loader.
   *
   * @param maxCorrupt the greatest share of damaged images
   * @param whenRead what a worker does with a batch that it has read
   */
  Loader open(int epoch, int batch, int workers, double maxCorrupt, Consumer<Batch> whenRead) {
    return Loader.builder(data)
        .batchSize(config.recipe().batchSize())
        .seed(config.seed())
        .epoch(epoch)
        .startBatch(batch)
        .shuffle(true)
        .dropLast(true)
        .transform(transform)
        .workers(workers)
        .maxCorrupt(maxCorrupt)
        .whenRead(whenRead)
        .build();
  }

  private static Transform transform(PretrainConfig config, int images) {
    VitConfig vit = config.vit();
    double mirrored = config.augmentation().flip() ? EVEN_CHANCE : 0;
    Transform channels = Transform.channels(vit.channels());
    if (config.augmentation().fit().pads()) {
      Preprocessing whole = config.preprocessing();
      return channels
          .then((image, seed, epoch, id) -> whole.apply(image))
          .then(new RandomFlip(mirrored));
    }
    RandomResizedCrop crop =
        new RandomResizedCrop(
            vit.imageHeight(),
            vit.imageWidth(),
            config.augmentation().minCropScale(),
            1,
            Interpolation.BICUBIC,
            mirrored);
    return config.augmentation().jpeg() == JpegReading.REDUCED
        ? ReducedCrop.of(crop, vit.channels(), images)
        : channels.then(crop);
  }

  /** Whole batches of an epoch; 0 if the data is smaller than one. */
  int perEpoch() {
    return data.size() / config.recipe().batchSize();
  }
}
