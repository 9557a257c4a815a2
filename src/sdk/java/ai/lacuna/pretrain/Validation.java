package ai.lacuna.pretrain;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.data.SpreadSamples;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.instruments.Likeness;
import ai.lacuna.masking.ImageMaskSampler;
import ai.lacuna.masking.Mask;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Judges a masked autoencoder on images that it is not trained on: whole images, resized, and masks
 * that are the same every time, whatever the run's seed: of the run's strategy, with as many
 * visible patches as the end of its schedule has.
 *
 * <p>Figures, each a mean over the images:
 *
 * <pre>
 *   loss                the network's own, of the removed patches, without a perceptual term
 *   masked_mse          squared error of the removed patches' targets
 *   visible_mse         the same of the visible patches, which the loss does not ask for
 *   masked_similarity   correlation of prediction and target within a removed patch, −1 to 1
 *   visible_similarity  the same within a visible patch: how much of the input leaks through
 *   psnr, ssim          likeness of the filled image and the original, decibels and −1 to 1
 *   error_channel_C     squared error of the removed pixels of a channel, black 0, white 1
 * </pre>
 *
 * <p>Losses and {@code _mse} are comparable between networks with one target only: pixels or
 * normalised pixels, and patch size. Patches of one colour have no correlation and are left out of
 * it. An image that is filled without error, as a blank one is, counts in {@code psnr} as one with
 * an error of one grey level at one place, so that the mean stays finite. A decoder of kind {@code
 * CROSS} predicts no visible patch and has neither of their two figures. Predictions of normalised
 * pixels are given the visible patches' statistics before they are compared as images.
 */
public final class Validation {
  /** Far from seeds that people choose, so that no run trains on these very masks. */
  private static final long MASK_SEED = 0x76616c6964617465L;

  /** The usual share of damaged images, see {@code Loader.Builder.maxCorrupt}. */
  private static final double MAX_CORRUPT = 0.01;

  private static final int BATCH = 32;
  private static final double FLAT = 1e-9;
  private static final int MAX_BYTE = 255;

  private final PretrainConfig config;
  private final Device device;
  private final List<Pixels> images = new ArrayList<>();
  private final List<Mask> masks = new ArrayList<>();
  private final PatchPixels pixels;

  /**
   * What a network was found to be.
   *
   * @param figures by name
   * @param pictures of some images
   */
  public record Result(
      Map<String, Double> figures, List<Reconstructions.Reconstruction> pictures) {}

  /**
   * Reads images and draws their masks; as many may be damaged as in training unless it is told
   * otherwise.
   *
   * @param config the configuration of the run
   * @param data images that are not trained on
   * @param most how many of them to take, spread evenly
   * @param device where the network runs
   * @throws DataException if too many images are damaged
   */
  public Validation(PretrainConfig config, ImageDataset data, int most, Device device) {
    this(config, data, most, MAX_CORRUPT, device);
  }

  /**
   * Reads images and draws their masks. Damaged ones are logged, and others taken in their place.
   *
   * @param config the configuration of the run
   * @param data images that are not trained on
   * @param most how many of them to take, spread evenly
   * @param maxCorrupt the greatest share of damaged images, 0 to 1
   * @param device where the network runs
   * @throws DataException if too many images are damaged
   */
  public Validation(
      PretrainConfig config, ImageDataset data, int most, double maxCorrupt, Device device) {
    this(config, device, each -> SpreadSamples.of(data, most, maxCorrupt, each));
  }

  /**
   * Reads images that are trained on, to be drawn. Others are taken in place of damaged ones, which
   * the training names and counts.
   *
   * @param config the configuration of the run
   * @param data the images
   * @param most how many of them to take, spread evenly
   * @param device where the network runs
   * @return their validation, whose figures are those of training images
   * @throws DataException if all images are damaged
   */
  public static Validation ofTraining(
      PretrainConfig config, ImageDataset data, int most, Device device) {
    return new Validation(config, device, each -> SpreadSamples.unnamed(data, most, each));
  }

  private Validation(PretrainConfig config, Device device, Consumer<Consumer<Sample>> reading) {
    this.config = config;
    this.device = device;
    this.pixels = new PatchPixels(config);
    ImageMaskSampler sampler = BatchMasks.forPictures(config);
    Preprocessing preprocessing = config.preprocessing();
    reading.accept(
        sample -> {
          Pixels image = preprocessing.apply(sample.pixels());
          images.add(image);
          masks.add(sampler.sample(MASK_SEED, 0, sample.id(), image));
        });
  }

  /** Returns the number of images. */
  public int size() {
    return images.size();
  }

  /**
   * Returns the squared error of the best constant prediction: about 1 for normalised patches (less
   * where patches have one colour), else the variance of the normalised pixels. A network that has
   * learned something has less.
   *
   * @return at least 0
   */
  public double constantLoss() {
    double sum = 0;
    double squares = 0;
    long count = 0;
    for (Pixels image : images) {
      for (int patch = 0; patch < config.vit().numPatches(); patch++) {
        if (pixels.isPadding(image, patch)) {
          continue;
        }
        for (double value : pixels.target(image, patch)) {
          sum += value;
          squares += value * value;
          count++;
        }
      }
    }
    double mean = sum / count;
    return squares / count - mean * mean;
  }

  /**
   * Judges weights.
   *
   * @param weights all parameters of encoder and decoder
   * @param pictures how many images to return as pictures, spread evenly
   * @return figures and pictures
   * @throws ai.lacuna.weights.WeightsException if the weights do not fit
   */
  public Result of(NamedTensors weights, int pictures) {
    int most = Math.min(pictures, images.size());
    int[] places =
        IntStream.range(0, most).map(i -> (int) ((long) i * images.size() / most)).toArray();
    List<Reconstructions.Reconstruction> shown = new ArrayList<>();
    Sums sums = new Sums(config);
    try (TorchModule module =
        TorchModule.load(config.network().program(), Weights.source(weights), device, false)) {
      for (int from = 0; from < images.size(); from += BATCH) {
        int to = Math.min(images.size(), from + BATCH);
        List<Reconstructions.Reconstruction> part = batch(module, from, to, sums);
        for (int place : places) {
          if (place >= from && place < to) {
            shown.add(part.get(place - from));
          }
        }
      }
    }
    return new Result(sums.figures(images.size()), List.copyOf(shown));
  }

  private List<Reconstructions.Reconstruction> batch(
      TorchModule module, int from, int to, Sums sums) {
    VitConfig vit = config.vit();
    Shape shape = new Shape(to - from, vit.imageHeight(), vit.imageWidth(), vit.channels());
    ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(shape.size()));
    images.subList(from, to).forEach(image -> bytes.put(image.data()));
    List<Reconstructions.Reconstruction> filled = new ArrayList<>();
    try (NDManager manager = module.newManager()) {
      NDArray input = manager.create(bytes.flip(), shape, DataType.UINT8);
      MaskArrays arrays =
          MaskArrays.of(
              manager,
              masks.subList(from, to),
              (i, patch) -> !pixels.isPadding(images.get(from + i), patch));
      NDList results = module.run("forward", arrays.arguments(input));
      double loss = results.get(0).toFloatArray()[0];
      float[] predicted = results.get(1).toFloatArray();
      sums.loss += loss * (to - from);
      for (int i = from; i < to; i++) {
        Reconstructions.Reconstruction one =
            pixels.fill(images.get(i), masks.get(i), predicted, i - from, loss);
        patches(images.get(i), masks.get(i), predicted, i - from, sums);
        sums.likeness(one, (double) vit.numPatches() / predicted(images.get(i), masks.get(i)));
        filled.add(one);
      }
    }
    return filled;
  }

  /** The removed patches of an image that are not padding, at least 1. */
  private long predicted(Pixels image, Mask mask) {
    return Math.max(
        1,
        IntStream.range(0, mask.size())
            .filter(patch -> mask.removed(patch) && !pixels.isPadding(image, patch))
            .count());
  }

  private void patches(Pixels image, Mask mask, float[] predicted, int row, Sums sums) {
    int d = config.vit().patchDim();
    for (int patch = 0; patch < mask.size(); patch++) {
      if (pixels.isPadding(image, patch)) {
        continue;
      }
      double[] target = pixels.target(image, patch);
      int at = (row * mask.size() + patch) * d;
      PatchSums into = mask.removed(patch) ? sums.masked : sums.visible;
      into.add(target, predicted, at);
    }
  }

  /** Sums over patches of one kind. */
  private static final class PatchSums {
    private double squares;
    private long elements;
    private double correlations;
    private long correlated;

    void add(double[] target, float[] predicted, int at) {
      double meanT = 0;
      double meanP = 0;
      for (int e = 0; e < target.length; e++) {
        double difference = target[e] - predicted[at + e];
        squares += difference * difference;
        meanT += target[e] / target.length;
        meanP += (double) predicted[at + e] / target.length;
      }
      elements += target.length;
      double tt = 0;
      double pp = 0;
      double tp = 0;
      for (int e = 0; e < target.length; e++) {
        double t = target[e] - meanT;
        double p = predicted[at + e] - meanP;
        tt += t * t;
        pp += p * p;
        tp += t * p;
      }
      if (tt > FLAT * target.length) {
        // A constant prediction says nothing of the patch: its correlation counts as 0.
        correlations += pp > 0 ? tp / Math.sqrt(tt * pp) : 0;
        correlated++;
      }
    }
  }

  /** Sums over images. */
  private static final class Sums {
    private final double[] channels;
    private final boolean predictsVisible;
    private final PatchSums masked = new PatchSums();
    private final PatchSums visible = new PatchSums();
    private double loss;
    private double psnr;
    private double ssim;

    Sums(PretrainConfig config) {
      this.channels = new double[config.vit().channels()];
      this.predictsVisible = config.decoder().kind() == DecoderConfig.Kind.FULL;
    }

    /** Visible pixels have no error: a channel's is spread over {@code 1 / share} fewer pixels. */
    void likeness(Reconstructions.Reconstruction one, double perRemoved) {
      double most = 20 * Math.log10(MAX_BYTE) + 10 * Math.log10(one.original().data().length);
      psnr += Math.min(most, Likeness.psnr(one.original(), one.reconstructed()));
      ssim += Likeness.ssim(one.original(), one.reconstructed());
      for (int c = 0; c < channels.length; c++) {
        channels[c] += perRemoved * Likeness.squaredError(one.original(), one.reconstructed(), c);
      }
    }

    Map<String, Double> figures(int images) {
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("loss", loss / images);
      figures.put("masked_mse", masked.squares / masked.elements);
      figures.put("masked_similarity", masked.correlations / masked.correlated);
      if (predictsVisible) {
        figures.put("visible_mse", visible.squares / visible.elements);
        figures.put("visible_similarity", visible.correlations / visible.correlated);
      }
      figures.put("psnr", psnr / images);
      figures.put("ssim", ssim / images);
      for (int c = 0; c < channels.length; c++) {
        figures.put("error_channel_" + c, channels[c] / images);
      }
      figures.put("images", (double) images);
      return figures;
    }
  }
}
