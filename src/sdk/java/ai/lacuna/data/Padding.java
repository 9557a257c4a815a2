package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.util.Collections;
import java.util.List;

/** Puts an image on a larger canvas of one colour. */
final class Padding {
  private static final int MAX_BYTE = 255;

  private Padding() {}

  static List<Integer> checked(List<Integer> fill) {
    if (fill.isEmpty() || fill.stream().anyMatch(v -> v < 0 || v > MAX_BYTE)) {
      throw new IllegalArgumentException(
          "padding: expected a value of 0 to 255 for all channels or for each, found " + fill);
    }
    return List.copyOf(fill);
  }

  /** The image at that row and column of a canvas; the image itself if the canvas is no larger. */
  static Pixels place(Pixels image, int top, int left, int height, int width, List<Integer> fill) {
    if (image.height() == height && image.width() == width) {
      return image;
    }
    int channels = image.channels();
    byte[] canvas = new byte[Math.multiplyExact(Math.multiplyExact(height, width), channels)];
    List<Integer> colour = fill.size() == 1 ? Collections.nCopies(channels, fill.get(0)) : fill;
    if (colour.size() != channels) {
      throw new DataException(
          "padding: expected %s values, one for each channel of the image, found %s"
              .formatted(channels, fill));
    }
    for (int c = 0; c < channels; c++) {
      byte value = colour.get(c).byteValue();
      for (int i = c; value != 0 && i < canvas.length; i += channels) {
        canvas[i] = value;
      }
    }
    int row = image.width() * channels;
    for (int y = 0; y < image.height(); y++) {
      System.arraycopy(image.data(), y * row, canvas, ((top + y) * width + left) * channels, row);
    }
    return Pixels.of(height, width, channels, canvas);
  }
}
