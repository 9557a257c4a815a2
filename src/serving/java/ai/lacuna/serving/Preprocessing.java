package ai.lacuna.serving;

import com.google.gson.annotations.SerializedName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is done to an image before a network sees it.
 *
 * <p>{@link #apply} gives the uint8 image that the network takes; the normalisation {@code (v / 255
 * − mean) / std} is inside the network's graph and only described here. A Gson object writes and
 * reads this record as {@code {"height", "width", "channels", "mean", "std", "interpolation",
 * "crop_fraction"}}.
 *
 * @param height the height that the network takes, in pixels
 * @param width the width that the network takes, in pixels
 * @param channels 1 (grey) or 3 (RGB), or the channels of other data
 * @param mean one mean per channel, on the scale 0…1
 * @param std one standard deviation per channel, on the scale 0…1, above 0
 * @param interpolation the kernel of the resize
 * @param cropFraction the part of the resized image that the centre crop keeps, in (0, 1]
 */
public record Preprocessing(
    int height,
    int width,
    int channels,
    List<Double> mean,
    List<Double> std,
    Interpolation interpolation,
    @SerializedName("crop_fraction") double cropFraction) {

  /** Checks ranges and lengths. */
  public Preprocessing {
    if (height < 1 || width < 1 || channels < 1) {
      throw bad("a size of at least 1 x 1 x 1", height + " x " + width + " x " + channels);
    }
    mean = perChannel("mean", mean, channels);
    std = perChannel("std", std, channels);
    if (std.stream().anyMatch(s -> s <= 0)) {
      throw bad("std above 0", std.toString());
    }
    requireKernel(interpolation);
    if (!(cropFraction > 0 && cropFraction <= 1)) {
      throw bad("crop_fraction in (0, 1]", String.valueOf(cropFraction));
    }
  }

  /**
   * Brings an image to the network's size and channels.
   *
   * <p>The image is scaled, keeping its aspect, until it just covers {@code floor(size /
   * cropFraction)} (as torchvision's {@code Resize} of the shorter side, for a square), then
   * cropped around the centre. An image that already has the network's size is returned as it is
   * when {@code cropFraction} is 1.
   *
   * @param image an image of any size
   * @return uint8 pixels, {@code [height, width, channels]}
   * @throws ImageException if its channels cannot be converted
   */
  public Pixels apply(Pixels image) {
    Pixels source = image.withChannels(channels);
    if (cropFraction == 1 && source.height() == height && source.width() == width) {
      return source;
    }
    long coverHeight = (long) Math.floor(height / cropFraction);
    long coverWidth = (long) Math.floor(width / cropFraction);
    long newHeight = coverHeight;
    long newWidth = coverWidth;
    if (coverHeight * source.width() >= coverWidth * source.height()) {
      newWidth = coverHeight * source.width() / source.height();
    } else {
      newHeight = coverWidth * source.height() / source.width();
    }
    if (newHeight * newWidth > Pixels.MAX_PIXELS) {
      throw new ImageException(
          "image of %d x %d: its sides are too unequal to scale to %d x %d; crop it first"
              .formatted(image.height(), image.width(), height, width));
    }
    Pixels resized =
        Resize.resize(source, Box.whole(source), (int) newHeight, (int) newWidth, interpolation);
    int top = (int) Math.rint((newHeight - height) / 2.0);
    int left = (int) Math.rint((newWidth - width) / 2.0);
    return resized.crop(top, left, height, width);
  }

  private static List<Double> perChannel(String what, @Nullable List<Double> values, int channels) {
    if (values == null
        || values.size() != channels
        || !values.stream().allMatch(Preprocessing::finite)) {
      throw bad(what + " with one number per channel (" + channels + ")", String.valueOf(values));
    }
    return List.copyOf(values);
  }

  private static boolean finite(@Nullable Double value) {
    return value != null && Double.isFinite(value);
  }

  private static void requireKernel(@Nullable Interpolation interpolation) {
    if (interpolation == null) {
      throw bad("interpolation 'bicubic' or 'bilinear'", "another or none");
    }
  }

  private static IllegalArgumentException bad(String expected, String found) {
    return new IllegalArgumentException(
        "preprocessing: expected %s, found %s".formatted(expected, found));
  }
}
