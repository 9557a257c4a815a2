package ai.lacuna.augment;

import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * An operation that moves pixels; the size stays, and what comes into view takes the fill.
 *
 * <p>Takes images of any number of channels. Interpolates as Pillow's {@code Image.transform}.
 */
public sealed interface Geometry extends Operation {
  /**
   * Returns the kernel.
   *
   * @return bilinear or bicubic
   */
  Interpolation interpolation();

  /**
   * Returns the colour of what was outside.
   *
   * @return one value for all channels, or one for each, 0…255
   */
  List<Integer> fill();

  /**
   * Returns the map from a place in the result to one in the source.
   *
   * @param height the height of the image
   * @param width the width of the image
   * @return a, b, c, d, e, f: x comes from a x + b y + c, and y from d x + e y + f, in pixels
   */
  double[] map(int height, int width);

  @Override
  default Pixels apply(Pixels image) {
    return AffineWarp.warp(
        image,
        map(image.height(), image.width()),
        interpolation(),
        Colours.bytes(fill(), image.channels()));
  }

  /**
   * Turns around the centre.
   *
   * @param degrees counter-clockwise, −360…360
   * @param interpolation the kernel
   * @param fill the colour of what was outside, one value for all channels or one for each
   */
  record Rotate(double degrees, Interpolation interpolation, List<Integer> fill)
      implements Geometry {
    /** Checks the ranges. */
    public Rotate {
      Range.check("rotate: degrees", degrees, -360, 360);
      fill = Colours.checked(fill);
    }

    @Override
    public double[] map(int height, int width) {
      double positive = degrees % 360 < 0 ? degrees % 360 + 360 : degrees % 360;
      double angle = -positive * (Math.PI / 180);
      double cos = rounded(Math.cos(angle));
      double sin = rounded(Math.sin(angle));
      double x = width / 2.0;
      double y = height / 2.0;
      return new double[] {cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y};
    }

    /** To 15 decimals, so that right angles are exact. */
    private static double rounded(double value) {
      return new BigDecimal(value).setScale(15, RoundingMode.HALF_EVEN).doubleValue();
    }
  }

  /**
   * Shifts rows by their distance from the top.
   *
   * @param factor columns for each row, −10…10; positive takes from the right
   * @param interpolation the kernel
   * @param fill the colour of what was outside, one value for all channels or one for each
   */
  record ShearX(double factor, Interpolation interpolation, List<Integer> fill)
      implements Geometry {
    /** Checks the ranges. */
    public ShearX {
      Range.check("shear: factor", factor, -10, 10);
      fill = Colours.checked(fill);
    }

    @Override
    public double[] map(int height, int width) {
      return new double[] {1, factor, 0, 0, 1, 0};
    }
  }

  /**
   * Shifts columns by their distance from the left.
   *
   * @param factor rows for each column, −10…10; positive takes from below
   * @param interpolation the kernel
   * @param fill the colour of what was outside, one value for all channels or one for each
   */
  record ShearY(double factor, Interpolation interpolation, List<Integer> fill)
      implements Geometry {
    /** Checks the ranges. */
    public ShearY {
      Range.check("shear: factor", factor, -10, 10);
      fill = Colours.checked(fill);
    }

    @Override
    public double[] map(int height, int width) {
      return new double[] {1, 0, 0, factor, 1, 0};
    }
  }

  /**
   * Moves to the left or right.
   *
   * @param share the part of the width, −10…10; positive takes from the right
   * @param interpolation the kernel
   * @param fill the colour of what was outside, one value for all channels or one for each
   */
  record TranslateX(double share, Interpolation interpolation, List<Integer> fill)
      implements Geometry {
    /** Checks the ranges. */
    public TranslateX {
      Range.check("translate: share", share, -10, 10);
      fill = Colours.checked(fill);
    }

    @Override
    public double[] map(int height, int width) {
      return new double[] {1, 0, share * width, 0, 1, 0};
    }
  }

  /**
   * Moves up or down.
   *
   * @param share the part of the height, −10…10; positive takes from below
   * @param interpolation the kernel
   * @param fill the colour of what was outside, one value for all channels or one for each
   */
  record TranslateY(double share, Interpolation interpolation, List<Integer> fill)
      implements Geometry {
    /** Checks the ranges. */
    public TranslateY {
      Range.check("translate: share", share, -10, 10);
      fill = Colours.checked(fill);
    }

    @Override
    public double[] map(int height, int width) {
      return new double[] {1, 0, 0, 0, 1, share * height};
    }
  }
}
