package ai.lacuna.graph.onnx;

import java.util.List;

/**
 * Images of any size as a model's input, uint8 [batch, h, w, channels], all of a call of one size.
 * They are resized, and cropped or padded, in the model.
 *
 * <p>Resizing is separable and antialiased: rows first, rounded to whole levels, then columns. It
 * gives the numbers of Pillow up to version 12, but for a level up or down where a sum lies at one
 * half within the precision of float32: bicubic, in less than 1 of 200 values. Bilinear, ONNX
 * Runtime differs so in up to 1 of 20, where an image hardly shrinks.
 *
 * @param height of the network's images
 * @param width of the network's images
 * @param channels of both
 * @param coverHeight what the resized image covers; {@code height} or more
 * @param coverWidth what the resized image covers; {@code width} or more
 * @param padding levels of the channels around an image that is fitted; empty to crop
 * @param enlarges whether an image that is fitted may become larger
 * @param bicubic cubic convolution with a = −0.5, else a triangle
 */
public record AnySizeInput(
    int height,
    int width,
    int channels,
    int coverHeight,
    int coverWidth,
    List<Integer> padding,
    boolean enlarges,
    boolean bicubic) {
  /**
   * @throws IllegalArgumentException if the sizes or the padding do not fit
   */
  public AnySizeInput {
    padding = List.copyOf(padding);
    if (height < 1 || width < 1 || coverHeight < height || coverWidth < width) {
      throw new IllegalArgumentException(
          "any size: expected to cover %s x %s or more, found %s x %s"
              .formatted(height, width, coverHeight, coverWidth));
    }
    if (!padding.isEmpty() && padding.size() != channels) {
      throw new IllegalArgumentException(
          "any size: expected the padding of %s channels, found %s".formatted(channels, padding));
    }
  }

  boolean pads() {
    return !padding.isEmpty();
  }
}
