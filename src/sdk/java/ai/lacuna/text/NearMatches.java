package ai.lacuna.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds the known names that a mistyped name most resembles. */
public final class NearMatches {
  private static final int MOST = 3;

  private NearMatches() {}

  /**
   * Lists at most three known names that resemble a name, the nearest first.
   *
   * <p>A name resembles another if one contains the other, or if at most a third of the longer one
   * must be edited (Levenshtein distance, letter case ignored).
   *
   * @param name the name that was asked for
   * @param known the names that exist
   * @return the near matches, possibly none
   */
  public static List<String> of(String name, Collection<String> known) {
    record Candidate(String name, int distance) {}
    String wanted = name.toLowerCase(Locale.ROOT);
    return known.stream()
        .map(other -> new Candidate(other, distance(wanted, other.toLowerCase(Locale.ROOT))))
        .filter(candidate -> near(wanted, candidate.name(), candidate.distance()))
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(MOST)
        .map(Candidate::name)
        .toList();
  }

  /**
   * Puts near matches into a sentence's tail.
   *
   * @param name the name that was asked for
   * @param known the names that exist
   * @return {@code "did you mean a, b?"}, or an empty string if nothing resembles the name
   */
  public static String question(String name, Collection<String> known) {
    List<String> near = of(name, known);
    return near.isEmpty() ? "" : "did you mean " + String.join(", ", near) + "?";
  }

  private static boolean near(String wanted, String other, int distance) {
    String lower = other.toLowerCase(Locale.ROOT);
    return 3 * distance <= Math.max(wanted.length(), lower.length())
        || (wanted.length() > 2 && lower.contains(wanted))
        || (lower.length() > 2 && wanted.contains(lower));
  }

  /** Edits (insert, delete, replace) that turn one text into the other. */
  static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
