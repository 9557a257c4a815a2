package ai.lacuna.text;

import java.util.regex.Pattern;

/** Texts of files for a terminal: names and messages may hold what would steer it. */
public final class OneLine {
  private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");
  private static final Pattern CONTROL_BUT_BREAKS = Pattern.compile("[\\p{Cc}&&[^\\r\\n]]");

  private OneLine() {}

  /**
   * Takes control characters off: line breaks, escapes, and their forms of one byte.
   *
   * @param text any text
   * @return the text with a question mark for each
   */
  public static String of(String text) {
    return CONTROL.matcher(text).replaceAll("?");
  }

  /**
   * As {@link #of}, of each line of a text.
   *
   * @param text any text
   * @return the text, with its line breaks and a question mark for each other control character
   */
  public static String ofEach(String text) {
    return CONTROL_BUT_BREAKS.matcher(text).replaceAll("?");
  }
}
