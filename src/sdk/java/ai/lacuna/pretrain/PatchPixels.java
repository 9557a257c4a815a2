package ai.lacuna.pretrain;

import ai.lacuna.masking.Mask;
import ai.lacuna.pretrain.Reconstructions.Reconstruction;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.VitConfig;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/** What a network predicts of patches, and the pixels that it means. */
final class PatchPixels {
  private static final int GREY = 127;
  private static final int MAX_BYTE = 255;

  /** Added to a patch's variance, as the network's target does. */
  private static final double VARIANCE_EPSILON = 1e-6;

  private final PretrainConfig config;

  /** Its colour, uint8 of each channel; empty if images are not padded. */
  private final byte[] padding;

  PatchPixels(PretrainConfig config) {
    this.config = config;
    this.padding = config.augmentation().fit().pads() ? config.preprocessing().fill() : new byte[0];
  }

  private record Affine(double scale, double shift) {
    double apply(double value) {
      return value * scale + shift;
    }
  }

  /**
   * Puts predictions into the places of removed patches.
   *
   * @param predicted the predictions of a batch, [batch, N, p·p·C]
   * @param row the image's place in it
   */
  Reconstruction fill(Pixels image, Mask mask, float[] predicted, int row, double loss) {
    VitConfig vit = config.vit();
    Affine affine =
        config.objective().normPixLoss() ? visibleStatistics(image, mask) : new Affine(1, 0);
    byte[] masked = image.data().clone();
    byte[] filled = image.data().clone();
    for (int patch = 0; patch < vit.numPatches(); patch++) {
      boolean predictedThere = !isPadding(image, patch);
      if (mask.removed(patch)) {
        for (int element = 0; element < vit.patchDim(); element++) {
          int at = index(patch, element);
          double value = predicted[(row * vit.numPatches() + patch) * vit.patchDim() + element];
          masked[at] = (byte) GREY;
          if (predictedThere) {
            filled[at] = pixel(affine.apply(value), element % vit.channels());
          }
        }
      }
    }
    return new Reconstruction(image, like(image, masked), like(image, filled), loss);
  }

  /**
   * Whether a patch holds nothing but padding: images are padded, and all of its pixels have the
   * colour of that. An image's own patch of exactly this colour is taken for padding too.
   */
  boolean isPadding(Pixels image, int patch) {
    return isPadding(ByteBuffer.wrap(image.data()), 0, patch);
  }

  /** The same of an image within a buffer, whose bytes begin there. */
  boolean isPadding(ByteBuffer images, int begin, int patch) {
    if (padding.length == 0) {
      return false;
    }
    for (int element = 0; element < config.vit().patchDim(); element++) {
      if (images.get(begin + index(patch, element)) != padding[element % padding.length]) {
        return false;
      }
    }
    return true;
  }

  /** The target of one patch, as the network computes it: [p·p·C]. */
  double[] target(Pixels image, int patch) {
    double[] target = new double[config.vit().patchDim()];
    double sum = 0;
    for (int element = 0; element < target.length; element++) {
      target[element] = normalized(image, patch, element);
      sum += target[element];
    }
    if (config.objective().normPixLoss()) {
      double mean = sum / target.length;
      double squares = 0;
      for (double x : target) {
        squares += (x - mean) * (x - mean);
      }
      double deviation = Math.sqrt(squares / Math.max(1, target.length - 1) + VARIANCE_EPSILON);
      for (int element = 0; element < target.length; element++) {
        target[element] = (target[element] - mean) / deviation;
      }
    }
    return target;
  }

  /** Mean deviation and mean of the visible patches, on the normalised scale; not of padding. */
  private Affine visibleStatistics(Pixels image, Mask mask) {
    int[] visible =
        IntStream.range(0, mask.keep())
            .map(mask::idKeep)
            .filter(patch -> !isPadding(image, patch))
            .toArray();
    int d = config.vit().patchDim();
    double means = 0;
    double deviations = 0;
    for (int patch : visible) {
      double sum = 0;
      double squares = 0;
      for (int element = 0; element < d; element++) {
        double x = normalized(image, patch, element);
        sum += x;
        squares += x * x;
      }
      double mean = sum / d;
      means += mean;
      deviations += Math.sqrt(Math.max(0, (squares - d * mean * mean) / Math.max(1, d - 1)));
    }
    int count = Math.max(1, visible.length);
    return new Affine(deviations / count, means / count);
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
}
