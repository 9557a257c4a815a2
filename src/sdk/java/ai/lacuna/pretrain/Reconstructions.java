package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.masking.ImageMaskSampler;
import ai.lacuna.masking.Mask;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures of what a masked autoencoder makes of images that it sees a part of.
 *
 * <p>When the network was trained on normalised patches its predictions say nothing of a patch's
 * brightness and contrast. They are then given those of the image's visible patches, on average;
 * {@link #usesVisibleStatistics} says so, and whoever shows the pictures should too.
 *
 * <p>Owns native memory; close it. For one thread at a time.
 */
public final class Reconstructions implements AutoCloseable {
  private final PretrainConfig config;
  private final TorchModule module;
  private final PatchPixels pixels;

  /**
   * One image, and what became of it. All pictures have the image's size.
   *
   * @param original the image
   * @param masked the image with the removed patches in grey
   * @param reconstructed the removed patches as predicted, the visible ones as they are
   * @param loss the masked loss of the network's target; comparable within one network only
   */
  public record Reconstruction(Pixels original, Pixels masked, Pixels reconstructed, double loss) {}

  /**
   * Loads encoder and decoder.
   *
   * @param config the configuration of the run
   * @param weights all parameters of encoder and decoder
   * @param device where it runs
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit
   */
  public Reconstructions(PretrainConfig config, NamedTensors weights, Device device) {
    this.config = config;
    this.pixels = new PatchPixels(config);
    this.module =
        TorchModule.load(config.network().program(), Weights.source(weights), device, false);
  }

  /** True when predictions are shown with the visible patches' brightness and contrast. */
  public boolean usesVisibleStatistics() {
    return config.objective().normPixLoss();
  }

  /**
   * Masks images as the run ended with, uniformly if its masks were the caller's, and reconstructs
   * them.
   *
   * @param images of the network's size and channels
   * @param seed decides the masks
   * @return a reconstruction of each
   */
  public List<Reconstruction> of(List<Pixels> images, long seed) {
    List<Reconstruction> all = new ArrayList<>();
    ImageMaskSampler sampler = BatchMasks.forPictures(config);
    for (int i = 0; i < images.size(); i++) {
      all.add(reconstruct(images.get(i), sampler.sample(seed, 0, i, images.get(i))));
    }
    return all;
  }

  private Reconstruction reconstruct(Pixels image, Mask mask) {
    VitConfig vit = config.vit();
    Shape shape = new Shape(1, vit.imageHeight(), vit.imageWidth(), vit.channels());
    try (NDManager manager = module.newManager()) {
      NDArray images = manager.create(ByteBuffer.wrap(image.data()), shape, DataType.UINT8);
      MaskArrays arrays =
          MaskArrays.of(manager, List.of(mask), (i, patch) -> !pixels.isPadding(image, patch));
      NDList results = module.run("forward", arrays.arguments(images));
      double loss = results.get(0).toFloatArray()[0];
      return pixels.fill(image, mask, results.get(1).toFloatArray(), 0, loss);
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
