package ai.lacuna.data;

import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import java.util.List;

/**
 * Brings images of any size to one size without cutting or squeezing them: scaled, keeping the
 * aspect, until they just fit, then padded evenly on both sides.
 *
 * <p>The shorter result side is rounded to the nearest pixel; an odd number of padding pixels has
 * the one more at the bottom or at the right. The fill is a colour, uint8, before normalisation.
 *
 * @param height the height of the result, at least 1
 * @param width the width of the result, at least 1
 * @param interpolation the kernel of the resize
 * @param fill one value for all channels, or one for each, 0…255
 */
public record FitAndPad(int height, int width, Interpolation interpolation, List<Integer> fill)
    implements Transform {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  public FitAndPad {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "fit: expected a size of at least 1 x 1, found %s x %s".formatted(height, width));
    }
    fill = Padding.checked(fill);
  }

  @Override
  public Pixels apply(Pixels image, long seed, long epoch, long sampleId) {
    double scale = Math.min((double) height / image.height(), (double) width / image.width());
    int fitHeight = side(image.height() * scale, height);
    int fitWidth = side(image.width() * scale, width);
    Pixels fitted = Resize.resize(image, Box.whole(image), fitHeight, fitWidth, interpolation);
    return Padding.place(
        fitted, (height - fitHeight) / 2, (width - fitWidth) / 2, height, width, fill);
  }

  private static int side(double scaled, int most) {
    return Math.max(1, Math.min(most, (int) Math.rint(scaled)));
  }
}
