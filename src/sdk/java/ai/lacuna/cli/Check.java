package ai.lacuna.cli;

import java.util.Locale;

/**
 * What {@code lacuna doctor} found out about one thing.
 *
 * @param state whether it works
 * @param what the thing
 * @param found what was found
 * @param remedy how to mend it; empty if nothing is to mend
 */
record Check(State state, String what, String found, String remedy) {

  /** Whether a thing works. */
  enum State {
    /** Works. */
    OK,
    /** Works, but could work better. */
    WARN,
    /** Does not work, and Lacuna needs it. */
    FAIL
  }

  static Check ok(String what, String found) {
    return new Check(State.OK, what, found, "");
  }

  static Check warn(String what, String found, String remedy) {
    return new Check(State.WARN, what, found, remedy);
  }

  static Check fail(String what, String found, String remedy) {
    return new Check(State.FAIL, what, found, remedy);
  }

  /** One line, and a second one with the remedy. */
  String line() {
    String label = state.name().toLowerCase(Locale.ROOT);
    String line = String.format(Locale.ROOT, "%-5s %-17s %s", label, what, found);
    return remedy.isEmpty()
        ? line
        : line + System.lineSeparator() + " ".repeat(24) + "-> " + remedy;
  }
}
