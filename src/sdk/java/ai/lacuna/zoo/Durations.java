package ai.lacuna.zoo;

import java.util.Locale;

/** Durations for people. */
final class Durations {
  private static final double MINUTE = 60;
  private static final double HOUR = 3600;

  private Durations() {}

  /** For example {@code 12.3 s}, {@code 4.5 min} or {@code 1.5 h}; a dash for 0, not measured. */
  static String of(double seconds) {
    if (seconds == 0) {
      return "–";
    }
    if (seconds < 2 * MINUTE) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    return seconds < 2 * HOUR
        ? String.format(Locale.ROOT, "%.1f min", seconds / MINUTE)
        : String.format(Locale.ROOT, "%.1f h", seconds / HOUR);
  }
}
