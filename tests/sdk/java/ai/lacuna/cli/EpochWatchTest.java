package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.run.Gauges;
import ai.lacuna.run.Progress;
import ai.lacuna.run.Rollback;
import ai.lacuna.train.StepClock;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EpochWatchTest {
  private static Progress.Epoch epoch() {
    StepClock.HandOffs seconds = new StepClock.HandOffs(0.01, 0, 0, 0, 0);
    Gauges gauges = new Gauges(1, 1, 0, 0, 0, 0, 0, seconds, 0, 0);
    return new Progress.Epoch(0, 4, 0.5, 0.1, 10, 4, 4, 0, gauges);
  }

  /** A run that goes back starts a second time, but it is one run. */
  @Test
  void saysEachEpochOnceAfterGoingBack() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (EpochWatch watch = new EpochWatch(new Terminal(err, err, false), "fine-tuning", 0)) {
      Progress.Start start = new Progress.Start(0, 8, 1, 1, 1);
      watch.onStart(start);
      watch.onRollback(new Rollback(0, 1, 2, 0, "step 2: the loss is NaN"));
      watch.onStart(start);
      watch.onEpoch(epoch());
      watch.onInspected(epoch(), Map.of());
    }
    List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(3, lines.size(), lines.toString());
    assertEquals(
        "step 2: the loss is NaN; going on from step 0 with half the learning rate and without"
            + " this batch",
        lines.get(0));
    assertEquals("  epoch 1: loss 0.5000, 10 ms a step", lines.get(1));
    assertTrue(lines.get(2).matches(" +fine-tuning +stopped after .*"), lines.get(2));
  }

  @Test
  void saysWhatWasDoneBefore() {
    assertEquals(
        List.of("  goes on after step 4 of 8"), saidOf(new Progress.Start(4, 8, 1, 1, 1), 0));
    assertEquals(
        List.of("  goes on after step 4 of 6"), saidOf(new Progress.Start(4, 8, 1, 1, 1), 6));
    assertEquals(List.of("  done before: 8 steps"), saidOf(new Progress.Start(8, 8, 1, 1, 1), 0));
    assertEquals(List.of("  done before: 4 steps"), saidOf(new Progress.Start(4, 8, 1, 1, 1), 3));
  }

  /** All lines but that of the bar. */
  private static List<String> saidOf(Progress.Start start, long limit) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (EpochWatch watch = new EpochWatch(new Terminal(err, err, false), "fine-tuning", limit)) {
      watch.onStart(start);
      watch.onStart(start);
    }
    List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    boolean done = lines.get(0).contains("done before");
    assertTrue(
        lines.get(lines.size() - 1).matches(" +fine-tuning +(done in|stopped after) .*"),
        lines.toString());
    assertEquals(done, lines.get(lines.size() - 1).contains("done in"), lines.toString());
    return lines.subList(0, lines.size() - 1);
  }

  @Test
  void aLimitOfStepsIsTheEnd() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (EpochWatch watch = new EpochWatch(new Terminal(err, err, false), "fine-tuning", 4)) {
      watch.onStart(new Progress.Start(0, 8, 1, 1, 1));
      watch.onEpoch(epoch());
    }
    String line = bytes.toString(StandardCharsets.UTF_8).strip();
    assertTrue(line.matches("fine-tuning +done in .*"), line);
  }
}
