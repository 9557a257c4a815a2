package ai.lacuna.augment;

import ai.lacuna.serving.Interpolation;
import java.util.Arrays;
import java.util.List;

/**
 * The operations of RandAugment, and what a magnitude means to each.
 *
 * <p>Names and scales are those of the image library timm. Magnitudes are 0…10, and may be more:
 * what has a natural end is cut there. Where the direction is left to chance, it is an argument.
 */
public enum OperationKind {
  /** Stretches to the whole range; has no magnitude. */
  AUTO_CONTRAST("AutoContrast", (m, negative, kernel, fill) -> new PointOperation.AutoContrast()),
  /** Evens the histogram; has no magnitude. */
  EQUALIZE("Equalize", (m, negative, kernel, fill) -> new PointOperation.Equalize()),
  /** Makes a negative; has no magnitude. */
  INVERT("Invert", (m, negative, kernel, fill) -> new PointOperation.Invert()),
  /** Turns by up to 30 degrees. */
  ROTATE(
      "Rotate",
      (m, negative, kernel, fill) ->
          new Geometry.Rotate(signed(m / 10 * 30, negative), kernel, fill)),
  /** Keeps 0…4 bits, more with the magnitude. */
  POSTERIZE("Posterize", (m, negative, kernel, fill) -> new PointOperation.Posterize(bits(m))),
  /** Keeps 4…0 bits, fewer with the magnitude. */
  POSTERIZE_INCREASING(
      "PosterizeIncreasing",
      (m, negative, kernel, fill) -> new PointOperation.Posterize(Math.max(0, 4 - bits(m)))),
  /** Inverts from 0…256 on, less with the magnitude. */
  SOLARIZE("Solarize", (m, negative, kernel, fill) -> new PointOperation.Solarize(threshold(m))),
  /** Inverts from 256…0 on, more with the magnitude. */
  SOLARIZE_INCREASING(
      "SolarizeIncreasing",
      (m, negative, kernel, fill) -> new PointOperation.Solarize(256 - threshold(m))),
  /** Adds 0…110 to dark values. */
  SOLARIZE_ADD(
      "SolarizeAdd",
      (m, negative, kernel, fill) ->
          new PointOperation.SolarizeAdd(Math.min(128, (int) (m / 10 * 110)))),
  /** Saturation by 0.1…1.9; the middle changes least. */
  COLOR("Color", (m, negative, kernel, fill) -> new Enhancement.Color(factor(m))),
  /** Saturation by 1…0.1 or 1…1.9. */
  COLOR_INCREASING(
      "ColorIncreasing", (m, negative, kernel, fill) -> new Enhancement.Color(away(m, negative))),
  /** Contrast by 0.1…1.9; the middle changes least. */
  CONTRAST("Contrast", (m, negative, kernel, fill) -> new Enhancement.Contrast(factor(m))),
  /** Contrast by 1…0.1 or 1…1.9. */
  CONTRAST_INCREASING(
      "ContrastIncreasing",
      (m, negative, kernel, fill) -> new Enhancement.Contrast(away(m, negative))),
  /** Brightness by 0.1…1.9; the middle changes least. */
  BRIGHTNESS("Brightness", (m, negative, kernel, fill) -> new Enhancement.Brightness(factor(m))),
  /** Brightness by 1…0.1 or 1…1.9. */
  BRIGHTNESS_INCREASING(
      "BrightnessIncreasing",
      (m, negative, kernel, fill) -> new Enhancement.Brightness(away(m, negative))),
  /** Sharpness by 0.1…1.9; the middle changes least. */
  SHARPNESS("Sharpness", (m, negative, kernel, fill) -> new Enhancement.Sharpness(factor(m))),
  /** Sharpness by 1…0.1 or 1…1.9. */
  SHARPNESS_INCREASING(
      "SharpnessIncreasing",
      (m, negative, kernel, fill) -> new Enhancement.Sharpness(away(m, negative))),
  /** Shears by up to 0.3. */
  SHEAR_X(
      "ShearX",
      (m, negative, kernel, fill) ->
          new Geometry.ShearX(signed(m / 10 * 0.3, negative), kernel, fill)),
  /** Shears by up to 0.3. */
  SHEAR_Y(
      "ShearY",
      (m, negative, kernel, fill) ->
          new Geometry.ShearY(signed(m / 10 * 0.3, negative), kernel, fill)),
  /** Moves by up to 0.45 of the width. */
  TRANSLATE_X(
      "TranslateXRel",
      (m, negative, kernel, fill) ->
          new Geometry.TranslateX(signed(m / 10 * 0.45, negative), kernel, fill)),
  /** Moves by up to 0.45 of the height. */
  TRANSLATE_Y(
      "TranslateYRel",
      (m, negative, kernel, fill) ->
          new Geometry.TranslateY(signed(m / 10 * 0.45, negative), kernel, fill));

  /** The largest magnitude. */
  public static final double MAX_MAGNITUDE = 100;

  private static final List<OperationKind> INCREASING =
      List.of(
          AUTO_CONTRAST,
          EQUALIZE,
          INVERT,
          ROTATE,
          POSTERIZE_INCREASING,
          SOLARIZE_INCREASING,
          SOLARIZE_ADD,
          COLOR_INCREASING,
          CONTRAST_INCREASING,
          BRIGHTNESS_INCREASING,
          SHARPNESS_INCREASING,
          SHEAR_X,
          SHEAR_Y,
          TRANSLATE_X,
          TRANSLATE_Y);

  private static final List<OperationKind> PLAIN =
      List.of(
          AUTO_CONTRAST,
          EQUALIZE,
          INVERT,
          ROTATE,
          POSTERIZE,
          SOLARIZE,
          SOLARIZE_ADD,
          COLOR,
          CONTRAST,
          BRIGHTNESS,
          SHARPNESS,
          SHEAR_X,
          SHEAR_Y,
          TRANSLATE_X,
          TRANSLATE_Y);

  private final String word;

  @SuppressWarnings("ImmutableEnumChecker") // the lambdas above hold nothing
  private final Maker maker;

  OperationKind(String word, Maker maker) {
    this.word = word;
    this.maker = maker;
  }

  @FunctionalInterface
  private interface Maker {
    Operation at(
        double magnitude, boolean negative, Interpolation interpolation, List<Integer> fill);
  }

  /**
   * Returns the fifteen operations that RandAugment chooses from.
   *
   * @param increasing whether every one changes images more as the magnitude grows
   * @return the kinds, in timm's order
   */
  public static List<OperationKind> all(boolean increasing) {
    return increasing ? INCREASING : PLAIN;
  }

  /**
   * Finds a kind by its name.
   *
   * @param word such as {@code TranslateXRel}
   * @return the kind
   * @throws IllegalArgumentException if there is none
   */
  public static OperationKind named(String word) {
    return Arrays.stream(values())
        .filter(kind -> kind.word.equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s: expected an operation of %s"
                        .formatted(
                            word, Arrays.stream(values()).map(OperationKind::word).toList())));
  }

  /**
   * Returns the name.
   *
   * @return such as {@code TranslateXRel}
   */
  public String word() {
    return word;
  }

  /**
   * Makes the operation of a magnitude.
   *
   * @param magnitude 0…10, or up to {@link #MAX_MAGNITUDE}
   * @param negative the direction, for those that have two
   * @param interpolation the kernel, for those that move pixels
   * @param fill the colour of what comes into view, one value for all channels or one for each
   * @return the operation
   * @throws IllegalArgumentException if the magnitude is out of range
   */
  public Operation at(
      double magnitude, boolean negative, Interpolation interpolation, List<Integer> fill) {
    Range.check("magnitude", magnitude, 0, MAX_MAGNITUDE);
    return maker.at(magnitude, negative, interpolation, fill);
  }

  private static double signed(double value, boolean negative) {
    return negative ? -value : value;
  }

  private static int bits(double magnitude) {
    return Math.min(8, (int) (magnitude / 10 * 4));
  }

  private static int threshold(double magnitude) {
    return Math.min(256, (int) (magnitude / 10 * 256));
  }

  private static double factor(double magnitude) {
    return magnitude / 10 * 1.8 + 0.1;
  }

  private static double away(double magnitude, boolean negative) {
    return Math.max(0.1, 1 + signed(magnitude / 10 * 0.9, negative));
  }
}
