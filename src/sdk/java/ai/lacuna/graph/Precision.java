package ai.lacuna.graph;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The type in which a lowering multiplies matrices. A graph is float32; parameters stay so, and so
 * does everything but matrix products and what lies between two of them.
 */
public enum Precision {
  /** IEEE 754 single precision. */
  FLOAT32,
  /** Eight bits of mantissa and float32's range; needs no loss scaling. */
  BFLOAT16,
  /** IEEE 754 half precision: eleven bits of mantissa, at most 65,504; needs loss scaling. */
  FLOAT16;

  /** The name that users know: {@code bfloat16}. */
  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** True when products are computed in 16 bits. */
  public boolean isLow() {
    return this != FLOAT32;
  }

  /**
   * The precision of that {@link #label}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Precision parse(String label) {
    return Arrays.stream(values())
        .filter(p -> p.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "precision: expected "
                        + Arrays.stream(values())
                            .map(Precision::label)
                            .collect(Collectors.joining(", "))
                        + ", found "
                        + label));
  }
}
