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
 * "crop_fraction", "fit"}}; without the last, it crops.
 *
 * @param height the height that the network takes, in pixels
 * @param width the width that the network takes, in pixels
 * @param channels 1 (grey) or 3 (RGB), or the channels of other data
 * @param mean one mean per channel, on the scale 0…1
 * @param std one standard deviation per channel, on the scale 0…1, above 0
 * @param interpolation the kernel of the resize
 * @param cropFraction the part of the resized image that the centre crop keeps, in (0, 1]; 1 if it
 *     pads
 * @param fit how another aspect becomes the network's
 */
public record Preprocessing(
    int height,
    int width,
    int channels,
    List<Double> mean,
    List<Double> std,
    Interpolation interpolation,
    @SerializedName("crop_fraction") double cropFraction,
    Fit fit) {

  /** How an image of another aspect becomes one of the network's. */
  public enum Fit {
    /** Scaled until it covers the input, then cropped around the centre. */
    @SerializedName("crop")
    CROP,
    /**
     * Scaled until it just fits into the input, then padded evenly with the mean, which the network
     * sees as 0. Nothing is cut off.
     */
    @SerializedName("pad")
    PAD,
    /**
     * As {@link #PAD}, but never enlarged: an image that fits into the input keeps its pixels and
     * is padded, a larger one is scaled down. With an input of whole patches, this pads images to a
     * multiple of the patch size.
     */
    @SerializedName("keep")
    KEEP,
    /** Scaled to the input whatever its aspect, as for maps of its pixels. Nothing is cut off. */
    @SerializedName("squeeze")
    SQUEEZE;

    /** Whether images are padded, and not cropped. */
    public boolean pads() {
      return this == PAD || this == KEEP;
    }
  }

  private static final double MAX_BYTE = 255;

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
    fit = orCrop(fit);
    if (fit != Fit.CROP && cropFraction != 1) {
      throw bad("crop_fraction 1 of an image that is not cropped", String.valueOf(cropFraction));
    }
  }

  /** A preprocessing that crops; the parameters are those of the record. */
  public Preprocessing(
      int height,
      int width,
      int channels,
      List<Double> mean,
      List<Double> std,
      Interpolation interpolation,
      double cropFraction) {
    this(height, width, channels, mean, std, interpolation, cropFraction, Fit.CROP);
  }

  /**
   * The same for another input.
   *
   * @param newHeight in pixels
   * @param newWidth in pixels
   * @return a copy
   */
  public Preprocessing withSize(int newHeight, int newWidth) {
    return new Preprocessing(
        newHeight, newWidth, channels, mean, std, interpolation, cropFraction, fit);
  }

  /**
   * The same without regard to the aspect.
   *
   * @return a copy that squeezes whole images into the input
   */
  public Preprocessing squeezed() {
    return new Preprocessing(height, width, channels, mean, std, interpolation, 1, Fit.SQUEEZE);
  }

  /**
   * Brings an image to the network's size and channels.
   *
   * <p>The image is scaled, keeping its aspect, until it just covers {@code floor(size /
   * cropFraction)} (as torchvision's {@code Resize} of the shorter side, for a square), then
   * cropped around the centre. If it pads, it is scaled until it just fits, but perhaps not
   * enlarged, its sides rounded to the nearest pixel, and an odd pixel of padding is at the bottom
   * or the right. If it squeezes, each side is scaled to the input's. An image that already has the
   * network's size is returned as it is when {@code cropFraction} is 1.
   *
   * @param image an image of any size
   * @return uint8 pixels, {@code [height, width, channels]}
   * @throws ImageException if its channels cannot be converted, or its sides are too unequal to be
   *     scaled
   */
  public Pixels apply(Pixels image) {
    Pixels source = image.withChannels(channels);
    if (cropFraction == 1 && source.height() == height && source.width() == width) {
      return source;
    }
    if (fit.pads()) {
      return padded(source);
    }
    if (fit == Fit.SQUEEZE) {
      return Resize.resize(source, Box.whole(source), height, width, interpolation);
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
          "image of %s x %s: its sides are too unequal to scale to %s x %s; crop it first"
              .formatted(image.height(), image.width(), height, width));
    }
    Pixels resized =
        Resize.resize(source, Box.whole(source), (int) newHeight, (int) newWidth, interpolation);
    int top = (int) Math.rint((newHeight - height) / 2.0);
    int left = (int) Math.rint((newWidth - width) / 2.0);
    return resized.crop(top, left, height, width);
  }

  /**
   * The colour that images are padded with: the mean, which the network sees as about 0.
   *
   * @return uint8 of each channel
   */
  public byte[] fill() {
    byte[] fill = new byte[channels];
    for (int c = 0; c < channels; c++) {
      fill[c] = (byte) Math.rint(MAX_BYTE * Math.max(0, Math.min(1, mean.get(c))));
    }
    return fill;
  }

  private Pixels padded(Pixels source) {
    double most = fit == Fit.KEEP ? 1 : Double.POSITIVE_INFINITY;
    double fits = Math.min((double) height / source.height(), (double) width / source.width());
    double scale = Math.min(most, fits);
    int fitHeight = side(source.height() * scale, height);
    int fitWidth = side(source.width() * scale, width);
    Pixels fitted = Resize.resize(source, Box.whole(source), fitHeight, fitWidth, interpolation);
    byte[] canvas = new byte[height * width * channels];
    byte[] fill = fill();
    for (int i = 0; i < canvas.length; i++) {
      canvas[i] = fill[i % channels];
    }
    int row = fitWidth * channels;
    int top = (height - fitHeight) / 2;
    int left = (width - fitWidth) / 2;
    for (int y = 0; y < fitHeight; y++) {
      int to = ((top + y) * width + left) * channels;
      System.arraycopy(fitted.data(), y * row, canvas, to, row);
    }
    return Pixels.of(height, width, channels, canvas);
  }

  private static int side(double scaled, int most) {
    return Math.max(1, Math.min(most, (int) Math.rint(scaled)));
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

  /** JSON of the first version does not say. */
  private static Fit orCrop(@Nullable Fit fit) {
    return fit == null ? Fit.CROP : fit;
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
