package ai.lacuna.augment;

import ai.lacuna.data.DataException;
import ai.lacuna.data.Transform;
import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Pixels;
import ai.lacuna.vit.Normalization;

/**
 * Erases random rectangles of some images (arXiv 1708.04896), in the variant of the image library
 * timm.
 *
 * <p>There the rectangles are filled after normalisation, with 0 or with normal noise. Images here
 * are bytes before normalisation, so 0 becomes the channel's mean, and noise {@code z} becomes
 * {@code mean + std z}, rounded and cut to 0…255: with the statistics of ImageNet about 5 % of the
 * noise is cut, and where the data is dark, such as Fashion-MNIST, more.
 *
 * <p>The area of a rectangle is uniform in {@code minArea…maxArea} of the image's, divided by the
 * number of rectangles, its ratio of height to width log-uniform in {@code minAspect…1/minAspect};
 * at most ten tries to fit it strictly inside, then none. Takes any number of channels.
 *
 * @param probability how often an image is changed, 0…1
 * @param fill what the rectangles are filled with
 * @param maxCount the most rectangles, 1…100; their number is uniform from 1
 * @param minArea the least part of the area, 0…{@code maxArea}
 * @param maxArea the greatest part of the area, at most 1
 * @param minAspect the least ratio of height to width, above 0, at most 1
 */
public record RandomErasing(
    double probability, Fill fill, int maxCount, double minArea, double maxArea, double minAspect)
    implements Transform {
  private static final int TRIES = 10;

  /** What becomes of the values in a rectangle. */
  public enum Mode {
    /** The channel's mean: 0 after normalisation. */
    CONSTANT,
    /** One draw of normal noise for each channel of a rectangle. */
    RANDOM,
    /** Normal noise for each value; MAE's fine-tuning. */
    PIXEL
  }

  /**
   * What rectangles are filled with.
   *
   * @param mode the kind of noise
   * @param normalization the statistics of the data, with as many channels as the images
   */
  public record Fill(Mode mode, Normalization normalization) {}

  /** Checks the ranges. */
  public RandomErasing {
    Range.check("erasing: probability", probability, 0, 1);
    Range.check("erasing: count", maxCount, 1, 100);
    Range.check("erasing: greatest area", maxArea, 0, 1);
    Range.check("erasing: least area", minArea, 0, maxArea);
    Range.check("erasing: aspect", minAspect, 1e-3, 1);
  }

  /**
   * The usual erasing: a quarter of the images, one rectangle of 2 % to a third of the area.
   *
   * @param mode the kind of noise
   * @param normalization the statistics of the data
   * @return the transform
   */
  public static RandomErasing of(Mode mode, Normalization normalization) {
    return new RandomErasing(0.25, new Fill(mode, normalization), 1, 0.02, 1.0 / 3, 0.3);
  }

  /**
   * Returns this with another probability.
   *
   * @param value how often an image is changed, 0…1
   * @return the transform
   */
  public RandomErasing withProbability(double value) {
    return new RandomErasing(value, fill, maxCount, minArea, maxArea, minAspect);
  }

  /**
   * Returns this with another number of rectangles.
   *
   * @param most the most of them, 1…100
   * @return the transform
   */
  public RandomErasing withMaxCount(int most) {
    return new RandomErasing(probability, fill, most, minArea, maxArea, minAspect);
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    int known = fill.normalization.mean().size();
    if (known != image.channels()) {
      throw new DataException(
          "erasing: expected an image of %s channels, as the normalization has, found %s"
              .formatted(known, image.channels()));
    }
    CounterRandom random = CounterRandom.of(seed, epoch, sampleId, Purpose.ERASE);
    if (random.nextDouble() >= probability) {
      return image;
    }
    byte[] data = image.data().clone();
    Pixels result = Pixels.of(image.height(), image.width(), image.channels(), data);
    int count = 1 + random.nextInt(maxCount);
    for (int i = 0; i < count; i++) {
      eraseOne(result, count, random);
    }
    return result;
  }

  private void eraseOne(Pixels image, int count, CounterRandom random) {
    double area = (double) image.height() * image.width();
    double logAspect = Math.log(minAspect);
    for (int i = 0; i < TRIES; i++) {
      double target = (minArea + (maxArea - minArea) * random.nextDouble()) * area / count;
      double aspect = Math.exp(logAspect - 2 * logAspect * random.nextDouble());
      int h = (int) Math.rint(Math.sqrt(target * aspect));
      int w = (int) Math.rint(Math.sqrt(target / aspect));
      if (w < image.width() && h < image.height()) {
        int top = random.nextInt(image.height() - h + 1);
        int left = random.nextInt(image.width() - w + 1);
        paint(image, top, left, h, w, random);
        return;
      }
    }
  }

  private void paint(Pixels image, int top, int left, int h, int w, CounterRandom random) {
    int channels = image.channels();
    byte[] colour = new byte[channels];
    for (int c = 0; c < channels; c++) {
      colour[c] = value(c, fill.mode == Mode.RANDOM ? random.nextGaussian() : 0);
    }
    for (int y = top; y < top + h; y++) {
      int start = (y * image.width() + left) * channels;
      for (int i = 0; i < w * channels; i++) {
        int c = i % channels;
        image.data()[start + i] =
            fill.mode == Mode.PIXEL ? value(c, random.nextGaussian()) : colour[c];
      }
    }
  }

  private byte value(int channel, double normal) {
    Normalization data = fill.normalization;
    return (byte) Colours.ofShare(data.mean().get(channel) + data.std().get(channel) * normal);
  }
}
