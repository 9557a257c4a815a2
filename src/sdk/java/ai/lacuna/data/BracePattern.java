package ai.lacuna.data;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of shards written short, as shells do: {@code train-{000..099}.tar}, {@code {a,b}.tar}.
 *
 * <p>The bounds of a range are both written; with leading zeros they have as many digits, and all
 * names get that many. Several braces multiply; they do not nest.
 */
final class BracePattern {
  private static final Pattern BRACES = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern RANGE = Pattern.compile("(\\d{1,9})\\.\\.(\\d{1,9})");
  private static final int MOST = 1_000_000;

  private BracePattern() {}

  static boolean isPattern(String text) {
    return text.contains("{");
  }

  /**
   * Lists the names in the order of the pattern.
   *
   * @throws DataException if the braces make no sense, or more than a million names
   */
  static List<String> expand(String pattern) {
    List<String> names = List.of("");
    Matcher braces = BRACES.matcher(pattern);
    int from = 0;
    while (braces.find()) {
      String before = pattern.substring(from, braces.start());
      names = product(pattern, names, before, alternatives(pattern, braces.group(1)));
      from = braces.end();
    }
    String rest = pattern.substring(from);
    names = product(pattern, names, rest, List.of(""));
    if (names.get(0).contains("{") || names.get(0).contains("}")) {
      throw senseless(pattern, "an unmatched or nested brace");
    }
    return names;
  }

  private static List<String> product(
      String pattern, List<String> names, String between, List<String> ends) {
    if ((long) names.size() * ends.size() > MOST) {
      throw senseless(pattern, "more than a million names");
    }
    List<String> longer = new ArrayList<>(names.size() * ends.size());
    for (String name : names) {
      for (String end : ends) {
        longer.add(name + between + end);
      }
    }
    return longer;
  }

  private static List<String> alternatives(String pattern, String inside) {
    Matcher range = RANGE.matcher(inside);
    if (!range.matches()) {
      if (!inside.contains(",")) {
        throw senseless(pattern, "{" + inside + "}");
      }
      return List.of(inside.split(",", -1));
    }
    String first = range.group(1);
    String last = range.group(2);
    int from = Integer.parseInt(first);
    int to = Integer.parseInt(last);
    boolean padded = first.length() > 1 && first.startsWith("0");
    if (to < from || to - from >= MOST || (padded && first.length() != last.length())) {
      throw senseless(pattern, "{" + inside + "}");
    }
    List<String> numbers = new ArrayList<>(to - from + 1);
    for (int i = from; i <= to; i++) {
      String digits = Integer.toString(i);
      numbers.add(padded ? "0".repeat(first.length() - digits.length()) + digits : digits);
    }
    return numbers;
  }

  private static DataException senseless(String pattern, String found) {
    return new DataException(
        "%s: expected braces such as {000..099} or {a,b}, found %s; mend the pattern"
            .formatted(pattern, found));
  }
}
