package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.util.List;

/**
 * Pads an image of any size at the bottom and at the right, until a patch divides both sides.
 *
 * <p>No pixel moves or changes, so coordinates in the image stay those in the result, and patches
 * of the image stay whole. The fill is a colour, uint8, before normalisation: 0 is black; the
 * data's mean becomes 0 in the network. Images of different sizes still give results of different
 * sizes; a batch wants one size, which {@link FitAndPad} gives.
 *
 * @param multiple the side of a patch in pixels, at least 1
 * @param fill one value for all channels, or one for each, 0…255
 */
public record PadToMultiple(int multiple, List<Integer> fill) implements Transform {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  public PadToMultiple {
    if (multiple < 1) {
      throw new IllegalArgumentException(
          "padding: expected a multiple of at least 1, found " + multiple);
    }
    fill = Padding.checked(fill);
  }

  /**
   * Pads with black.
   *
   * @param multiple the side of a patch in pixels, at least 1
   * @return the transform
   */
  public static PadToMultiple black(int multiple) {
    return new PadToMultiple(multiple, List.of(0));
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    return Padding.place(image, 0, 0, up(image.height()), up(image.width()), fill);
  }

  private int up(int side) {
    return Math.multiplyExact((side - 1) / multiple + 1, multiple);
  }
}
