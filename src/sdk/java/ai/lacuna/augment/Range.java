package ai.lacuna.augment;

import java.math.BigDecimal;

/** Refuses values outside a range. */
final class Range {
  private Range() {}

  /** The value, if it is from {@code least} to {@code most}; NaN is not. */
  static double check(String what, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "%s: expected %s to %s, found %s"
              .formatted(what, plain(least), plain(most), plain(value)));
    }
    return value;
  }

  /** A number without a needless fraction, and without an exponent. */
  static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString(Math.round(value))
        : Double.isFinite(value)
            ? BigDecimal.valueOf(value).stripTrailingZeros().toPlainString()
            : Double.toString(value);
  }
}
