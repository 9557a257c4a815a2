package ai.lacuna.augment;

import ai.lacuna.data.DataException;
import ai.lacuna.serving.Pixels;
import java.util.List;

/** What a colour is: for an image its channels, for a fill its values. */
final class Colours {
  private Colours() {}

  /** Whether the channels of an image are colours: grey or RGB. */
  static boolean has(Pixels image) {
    return image.channels() == 1 || image.channels() == 3;
  }

  /** A fill, copied, if it has values and all are bytes. */
  static List<Integer> checked(List<Integer> fill) {
    if (fill.isEmpty() || fill.stream().anyMatch(v -> v < 0 || v > 255)) {
      throw new IllegalArgumentException(
          "fill: expected a value of 0 to 255 for all channels or for each, found " + fill);
    }
    return List.copyOf(fill);
  }

  /** A fill's value for each channel of an image. */
  static byte[] bytes(List<Integer> fill, int channels) {
    if (fill.size() != 1 && fill.size() != channels) {
      throw new DataException(
          "fill: expected 1 or %s values, one for each channel of the image, found %s"
              .formatted(channels, fill));
    }
    byte[] bytes = new byte[channels];
    for (int c = 0; c < channels; c++) {
      bytes[c] = fill.get(fill.size() == 1 ? 0 : c).byteValue();
    }
    return bytes;
  }

  /** The nearest byte to a share of white, 0…1 and beyond, cut at both ends. */
  static int ofShare(double share) {
    return (int) Math.max(0, Math.min(255, Math.rint(255 * share)));
  }
}
