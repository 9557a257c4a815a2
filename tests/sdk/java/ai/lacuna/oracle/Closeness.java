package ai.lacuna.oracle;

import java.util.Arrays;

/** Compares results with what was expected. */
public final class Closeness {
  private Closeness() {}

  /**
   * Fails unless every element differs by at most {@code tolerance · max(1, |expected|)}: absolute
   * for small values, relative for large ones.
   *
   * @param what the result's name, for the message
   * @return the largest such difference
   */
  public static double check(String what, double tolerance, Dense expected, Dense found) {
    if (!Arrays.equals(expected.shape(), found.shape())) {
      throw new AssertionError(what + ": expected " + expected + ", found " + found);
    }
    double worst = 0;
    int at = 0;
    for (int i = 0; i < expected.values().length; i++) {
      double e = expected.values()[i];
      double difference = Math.abs(found.values()[i] - e) / Math.max(1, Math.abs(e));
      if (!(difference <= worst)) {
        worst = difference;
        at = i;
      }
    }
    if (!(worst <= tolerance)) {
      throw new AssertionError(
          what
              + ": expected "
              + expected.values()[at]
              + " at "
              + at
              + " within "
              + tolerance
              + ", found "
              + found.values()[at]);
    }
    return worst;
  }
}
