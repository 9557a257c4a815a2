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
  private static final int GREY = 127;
  private static final int MAX_BYTE = 255;

  private final PretrainConfig config;
  private final TorchModule module;

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
      MaskArrays arrays = MaskArrays.of(manager, List.of(mask));
      NDList results = module.run("forward", arrays.arguments(images, config.decoder()));
      float[] predicted = results.get(1).toFloatArray();
      Affine affine =
          config.objective().normPixLoss() ? visibleStatistics(image, mask) : new Affine(1, 0);
      byte[] masked = image.data().clone();
      byte[] filled = image.data().clone();
      for (int patch = 0; patch < vit.numPatches(); patch++) {
        if (mask.removed(patch)) {
          for (int element = 0; element < vit.patchDim(); element++) {
            int at = index(patch, element);
            int channel = element % vit.channels();
            double value = predicted[patch * vit.patchDim() + element];
            masked[at] = (byte) GREY;
            filled[at] = pixel(affine.apply(value), channel);
          }
        }
      }
      double loss = results.get(0).toFloatArray()[0];
      return new Reconstruction(image, like(image, masked), like(image, filled), loss);
    }
  }

  private record Affine(double scale, double shift) {
    double apply(double value) {
      return value * scale + shift;
    }
  }

  /** Mean deviation and mean of the visible patches, on the normalised scale. */
  private Affine visibleStatistics(Pixels image, Mask mask) {
    int d = config.vit().patchDim();
    double means = 0;
    double deviations = 0;
    for (int place = 0; place < mask.keep(); place++) {
      double sum = 0;
      double squares = 0;
      for (int element = 0; element < d; element++) {
        double x = normalized(image, mask.idKeep(place), element);
        sum += x;
        squares += x * x;
      }
      double mean = sum / d;
      means += mean;
      deviations += Math.sqrt(Math.max(0, (squares - d * mean * mean) / Math.max(1, d - 1)));
    }
    return new Affine(deviations / mask.keep(), means / mask.keep());
  }

  private double normalized(Pixels image, int patch, int element) {
    int channel = element % config.vit().channels();
    double value = (image.data()[index(patch, element)] & MAX_BYTE) / (double) MAX_BYTE;
    return (value - config.normalization().mean().get(channel))
        / config.normalization().std().get(channel);
  }

  private byte pixel(double normalized, int channel) {
    double std = config.normalization().std().get(channel);
    double value = normalized * std + config.normalization().mean().get(channel);
    return (byte) Math.round(Math.min(1, Math.max(0, value)) * MAX_BYTE);
  }

  /** Where a patch's element, ordered (row, column, channel), is in the image. */
  private int index(int patch, int element) {
    VitConfig vit = config.vit();
    int p = vit.patchSize();
    int pixel = element / vit.channels();
    int row = patch / vit.gridWidth() * p + pixel / p;
    int column = patch % vit.gridWidth() * p + pixel % p;
    return (row * vit.imageWidth() + column) * vit.channels() + element % vit.channels();
  }

  private static Pixels like(Pixels image, byte[] data) {
    return Pixels.of(image.height(), image.width(), image.channels(), data);
  }

  @Override
  public void close() {
    module.close();
  }
}
