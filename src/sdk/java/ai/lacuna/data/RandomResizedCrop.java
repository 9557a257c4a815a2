package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;

/**
 * A random part of an image, resized to a fixed size, and mirrored half of the time.
 *
 * <p>The algorithm of torchvision's {@code RandomResizedCrop}: an area uniform in {@code scale} and
 * an aspect ratio log-uniform in 3/4…4/3, at most ten tries to fit it, then the largest central
 * part with an allowed ratio. MAE (arXiv 2111.06377, A.1) pretrains with scale 0.2…1 and bicubic
 * kernels. When the result is not square, ratios are relative to its own, so that pictures are not
 * squeezed.
 *
 * @param height the height of the result
 * @param width the width of the result
 * @param minScale the least part of the area, in (0, 1]
 * @param maxScale the greatest part of the area, from {@code minScale} to 1
 * @param interpolation the kernel of the resize
 * @param flipProbability how often the result is mirrored, 0…1
 */
public record RandomResizedCrop(
    int height,
    int width,
    double minScale,
    double maxScale,
    Interpolation interpolation,
    double flipProbability)
    implements Transform {
  private static final double MIN_RATIO = 3.0 / 4;
  private static final double MAX_RATIO = 4.0 / 3;
  private static final int TRIES = 10;

  /** Checks ranges. */
  public RandomResizedCrop {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "crop: expected a size of at least 1 x 1, found %s x %s".formatted(height, width));
    }
    if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
      throw new IllegalArgumentException(
          "crop scale: expected 0 < min <= max <= 1, found %s to %s".formatted(minScale, maxScale));
    }
    if (!(flipProbability >= 0 && flipProbability <= 1)) {
      throw new IllegalArgumentException(
          "flip probability: expected 0 to 1, found " + flipProbability);
    }
  }

  /**
   * The augmentation of MAE pretraining: bicubic, mirrored half of the time.
   *
   * @param height the height of the result
   * @param width the width of the result
   * @param minScale the least part of the area; 0.2 in the paper
   * @return the transform
   */
  public static RandomResizedCrop of(int height, int width, double minScale) {
    return new RandomResizedCrop(height, width, minScale, 1, Interpolation.BICUBIC, 0.5);
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    Box box =
        box(image.height(), image.width(), CounterRandom.of(seed, epoch, sampleId, Purpose.CROP));
    return cut(image, box, seed, epoch, sampleId);
  }

  /** What follows the draw: the resize and the mirror. */
  Pixels cut(Pixels image, Box box, long seed, long epoch, long sampleId) {
    Pixels part = Resize.resize(image, box, height, width, interpolation);
    return new RandomFlip(flipProbability).apply(part, seed, epoch, sampleId);
  }

  /**
   * Draws the part of an image.
   *
   * @param imageHeight the image's height, at least 1
   * @param imageWidth the image's width, at least 1
   * @param random where the numbers come from
   * @return the part, in whole pixels
   */
  public Box box(int imageHeight, int imageWidth, CounterRandom random) {
    double area = (double) imageHeight * imageWidth;
    double own = (double) width / height;
    double least = MIN_RATIO * own;
    double greatest = MAX_RATIO * own;
    for (int i = 0; i < TRIES; i++) {
      double target = area * (minScale + (maxScale - minScale) * random.nextDouble());
      double low = Math.log(least);
      double ratio = Math.exp(low + (Math.log(greatest) - low) * random.nextDouble());
      int w = (int) Math.rint(Math.sqrt(target * ratio));
      int h = (int) Math.rint(Math.sqrt(target / ratio));
      if (w > 0 && w <= imageWidth && h > 0 && h <= imageHeight) {
        int top = random.nextInt(imageHeight - h + 1);
        int left = random.nextInt(imageWidth - w + 1);
        return new Box(top, left, h, w);
      }
    }
    double ratio = (double) imageWidth / imageHeight;
    int h = ratio < least ? part(imageWidth / least) : imageHeight;
    int w = ratio > greatest ? part(imageHeight * greatest) : imageWidth;
    int top = (imageHeight - h) / 2;
    int left = (imageWidth - w) / 2;
    return new Box(top, left, h, w);
  }

  /** A rounded side, at least 1. */
  private static int part(double side) {
    return Math.max(1, (int) Math.rint(side));
  }
}
