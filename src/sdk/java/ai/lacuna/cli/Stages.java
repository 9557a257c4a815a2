package ai.lacuna.cli;

import java.util.ArrayList;
import java.util.List;

/** A progress bar for each stage of a piece of work, one after the other. */
final class Stages implements AutoCloseable {
  private final Terminal terminal;
  private final List<ProgressBar> current = new ArrayList<>();
  private String stage = "";

  Stages(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Says that {@code done} of {@code total} units of a stage are done; a new one ends the last. */
  void update(String newStage, long done, long total) {
    if (!newStage.equals(stage)) {
      close();
      stage = newStage;
      current.add(terminal.progress(newStage, total));
    }
    if (!current.isEmpty()) {
      current.get(0).update(done);
    }
    if (done >= total) {
      close();
    }
  }

  @Override
  public void close() {
    current.forEach(ProgressBar::close);
    current.clear();
  }
}
