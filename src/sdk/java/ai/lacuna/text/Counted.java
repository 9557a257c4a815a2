package ai.lacuna.text;

import java.util.Locale;

/** Numbers of things in words: {@code 1 step}, {@code 2,400 steps}. */
public final class Counted {
  private Counted() {}

  /**
   * A number of things whose name gets an s.
   *
   * @param count how many
   * @param one the name of one
   * @return for example {@code 0 steps}, {@code 1 step} or {@code 2,400 steps}
   */
  public static String of(long count, String one) {
    return of(count, one, one + "s");
  }

  /**
   * A number of things.
   *
   * @param count how many
   * @param one what to call one, for example {@code class}
   * @param several what to call none or more than one, for example {@code classes}
   * @return the number with commas between thousands, and the name
   */
  public static String of(long count, String one, String several) {
    return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? one : several);
  }
}
