package ai.lacuna.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * Progress of a long piece of work: one line redrawn ten times a second on a terminal, a new line
 * every five seconds elsewhere, and a last line with the time taken.
 *
 * <p>Safe for use by several threads.
 */
final class ProgressBar implements AutoCloseable {
  private static final int WIDTH = 28;
  private static final long REDRAW = Duration.ofMillis(100).toNanos();
  private static final long PRINT = Duration.ofSeconds(5).toNanos();
  private static final String CLEAR_LINE = "\r\u001b[2K";

  private final PrintStream out;
  private final boolean interactive;
  private final String what;
  private final long total;
  private final boolean known;
  private final long started = System.nanoTime();
  private long shown = started;
  private long done;
  private long first = -1;
  private long firstAt = started;
  private String note = "";
  private boolean closed;

  /**
   * Begins.
   *
   * @param total units in the end; below 0 if nobody knows: then only the remark and the time are
   *     shown
   */
  ProgressBar(PrintStream out, boolean interactive, String what, long total) {
    this.out = out;
    this.interactive = interactive;
    this.what = what;
    this.known = total >= 0;
    this.total = Math.max(total, 1);
    if (interactive) {
      draw();
    }
  }

  /** Says that {@code newDone} of the units are done. */
  synchronized void update(long newDone) {
    update(newDone, note);
  }

  /** As {@link #update(long)}, with a remark behind the bar, such as the loss. */
  synchronized void update(long newDone, String newNote) {
    done = Math.min(newDone, total);
    note = newNote;
    long now = System.nanoTime();
    if (first < 0) {
      // Work that goes on does not begin at 0: what was done before took none of this time.
      first = done;
      firstAt = now;
    }
    if (!closed && now - shown >= (interactive ? REDRAW : PRINT)) {
      shown = now;
      draw();
    }
  }

  /** Prints a line that stays. */
  synchronized void line(String text) {
    out.println(interactive ? CLEAR_LINE + text : text);
    out.flush();
  }

  /** Ends the line with the time taken; a second call does nothing. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    String end = !known ? "ended after " : done >= total ? "done in " : "stopped after ";
    String line = label() + end + seconds(System.nanoTime() - started) + note();
    out.println(interactive ? CLEAR_LINE + line : line);
    out.flush();
  }

  private void draw() {
    if (!known) {
      String line = label() + seconds(System.nanoTime() - started) + note();
      if (interactive) {
        out.print(CLEAR_LINE + line);
      } else {
        out.println(line);
      }
    } else if (interactive) {
      int filled = (int) (WIDTH * done / total);
      String bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
      out.print(CLEAR_LINE + label() + bar + " " + percent() + remaining() + note());
    } else {
      out.println(label() + percent() + remaining() + note());
    }
    out.flush();
  }

  private String label() {
    return String.format(Locale.ROOT, "  %-28s ", what);
  }

  private String percent() {
    return String.format(Locale.ROOT, "%3d %%", 100 * done / total);
  }

  private String remaining() {
    long now = System.nanoTime();
    return first < 0 || now - started < PRINT / 2
        ? ""
        : remaining(now - firstAt, done - first, total - done);
  }

  /** The time left at the pace so far; nothing while there is no pace. */
  static String remaining(long nanos, long units, long unitsLeft) {
    return units == 0 ? "" : ", " + seconds((long) ((double) nanos / units * unitsLeft)) + " left";
  }

  private String note() {
    return note.isEmpty() ? "" : "  " + note;
  }

  /** A duration as a reader would say it: {@code 0.4 s}, {@code 12 s}, {@code 3 min 20 s}. */
  static String seconds(long nanos) {
    double seconds = nanos / 1e9;
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }
}
