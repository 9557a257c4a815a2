package ai.lacuna.serving;

/**
 * A rectangle of an image, in pixels; the edges may lie between pixels.
 *
 * @param top the upper edge, from 0
 * @param left the left edge, from 0
 * @param height the height, above 0
 * @param width the width, above 0
 */
public record Box(double top, double left, double height, double width) {
  /** Checks that the box is not empty and does not begin outside. */
  public Box {
    if (!(top >= 0 && left >= 0 && height > 0 && width > 0)
        || !Double.isFinite(top + left + height + width)) {
      throw new IllegalArgumentException(
          "box: expected top and left >= 0, height and width > 0, found top %s, left %s, %s x %s"
              .formatted(top, left, height, width));
    }
  }

  /**
   * Returns the box that covers a whole image.
   *
   * @param image the image
   * @return its box
   */
  public static Box whole(Pixels image) {
    return new Box(0, 0, image.height(), image.width());
  }
}
