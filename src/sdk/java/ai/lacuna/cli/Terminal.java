package ai.lacuna.cli;

import ai.lacuna.text.OneLine;
import java.io.PrintStream;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err progress and errors
 * @param interactive whether {@code err} is a terminal whose lines can be redrawn
 */
record Terminal(PrintStream out, PrintStream err, boolean interactive) {

  /** The process's own streams; the launcher says whether they are a terminal. */
  static Terminal system() {
    return new Terminal(System.out, System.err, Boolean.getBoolean("lacuna.terminal"));
  }

  /** Prints a result line, without control characters, which names in it may have. */
  void line(String format, Object... values) {
    String text =
        values.length == 0 ? format : String.format(java.util.Locale.ROOT, format, values);
    out.println(OneLine.ofEach(text));
    out.flush();
  }

  /** Starts a progress bar for {@code total} units of work; close it. */
  ProgressBar progress(String what, long total) {
    return new ProgressBar(err, interactive, what, total);
  }
}
