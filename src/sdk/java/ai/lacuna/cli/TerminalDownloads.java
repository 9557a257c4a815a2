package ai.lacuna.cli;

import ai.lacuna.cache.DownloadProgress;
import java.util.Locale;

/** Downloads on the terminal: a bar where it can be redrawn, else a line now and then. */
final class TerminalDownloads implements DownloadProgress {
  private static final double MEGA = 1e6;

  private final Terminal terminal;
  private ProgressBar bar;
  private boolean open;

  TerminalDownloads(Terminal terminal) {
    this.terminal = terminal;
    this.bar = new ProgressBar(terminal.err(), false, "", 1);
  }

  @Override
  public synchronized void begin(String what, long done, long bytes) {
    end();
    open = true;
    bar = terminal.progress(what, bytes);
    advance(done);
  }

  @Override
  public synchronized void advance(long done) {
    bar.update(done, String.format(Locale.ROOT, "%.1f MB", done / MEGA));
  }

  @Override
  public synchronized void end() {
    if (open) {
      open = false;
      bar.close();
    }
  }

  @Override
  public synchronized void say(String line) {
    if (open) {
      bar.line(line);
    } else {
      terminal.err().println(line);
    }
  }
}
