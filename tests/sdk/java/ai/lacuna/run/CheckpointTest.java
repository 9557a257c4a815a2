package ai.lacuna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  private final Path run;

  CheckpointTest(@TempDir Path run) {
    this.run = run;
  }

  private static NamedTensors tensors(float value) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(value).flip();
    return NamedTensors.builder().add("w", Tensor.of(Tensor.Type.F32, bytes, 1)).build();
  }

  private void write(long step, double score, Retention retention) throws IOException {
    Checkpoint.State state = new Checkpoint.State(0, (int) step, step);
    Checkpoint.write(run, state, score, tensors((float) step), tensors((float) -step), retention);
  }

  private List<Long> steps() throws IOException {
    return Checkpoint.all(run).stream().map(checkpoint -> checkpoint.state().step()).toList();
  }

  @Test
  void keepsTheLastAndTheBest() throws IOException {
    double[] scores = {5, 1, 4, 2, 3, Double.NaN};
    for (int step = 0; step < scores.length; step++) {
      write(step, scores[step], new Retention(1, 2));
    }
    assertEquals(List.of(1L, 3L, 5L), steps());
  }

  @Test
  void readsBackPositionScoreAndTensors() throws IOException {
    write(7, 0.25, Retention.lastTwo());
    Checkpoint read = Checkpoint.newest(run).orElseThrow();
    assertEquals(new Checkpoint.State(0, 7, 7), read.state());
    assertEquals(0.25, read.score());
    assertEquals(7, read.weights().require("w").toFloats()[0]);
    assertEquals(-7, read.optimizer().require("w").toFloats()[0]);
  }

  @Test
  void holdsTheConfigurationOfItsMoment() throws IOException {
    Files.writeString(run.resolve("config.json"), "{}");
    write(1, 1, Retention.lastTwo());
    assertEquals("{}", Files.readString(run.resolve("checkpoint-1").resolve("config.json")));
  }

  @Test
  void aFlippedBitIsFound() throws IOException {
    write(1, 1, Retention.lastTwo());
    Path file = run.resolve("checkpoint-1").resolve("weights.safetensors");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long last = channel.size() - 1;
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, last);
      channel.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 1)}), last);
    }
    Checkpoint damaged = Checkpoint.newest(run).orElseThrow();
    String message =
        String.valueOf(assertThrows(WeightsException.class, damaged::weights).getMessage());
    assertTrue(message.contains("weights.safetensors: expected sha256 "), message);
  }

  @Test
  void removesWhatAKilledProcessLeft() throws IOException {
    Path leftover = Files.createDirectories(run.resolve(".checkpoint-3.tmp"));
    Files.writeString(leftover.resolve("weights.safetensors"), "half");
    write(2, 1, Retention.lastTwo());
    List<Path> replacements = new ArrayList<>();
    for (String folder : List.of(".", "checkpoint-2", "pictures")) {
      Path file = run.resolve(folder).resolve(".state.json.999999999-5.part");
      Files.createDirectories(run.resolve(folder));
      replacements.add(Files.writeString(file, "half"));
    }
    Checkpoint.removeLeftovers(run);
    assertFalse(Files.exists(leftover));
    assertTrue(replacements.stream().noneMatch(Files::exists), replacements.toString());
    assertEquals(List.of(2L), steps());
  }

  /** As a kill leaves it: the files that the deletion meets first are gone. */
  @Test
  void whatIsLeftOfASurplusCheckpointIsNone() throws IOException {
    write(1, 1, Retention.lastTwo());
    write(2, 1, Retention.lastTwo());
    Path halfDeleted = run.resolve(".checkpoint-1.tmp");
    Files.move(run.resolve("checkpoint-1"), halfDeleted);
    Files.delete(halfDeleted.resolve("state.json"));
    assertEquals(List.of(2L), steps());
    Checkpoint.removeLeftovers(run);
    assertFalse(Files.exists(halfDeleted));
  }

  /** A folder that can't be emptied stands for a process that is killed before it is. */
  @Test
  void aSurplusCheckpointLosesItsNameBeforeItsFiles() throws IOException {
    write(1, 1, new Retention(1, 0));
    Path blocked = Files.createDirectories(run.resolve(".checkpoint-1.tmp/blocked"));
    assertThrows(IOException.class, () -> write(2, 1, new Retention(1, 0)));
    assertTrue(Files.exists(blocked));
    Path first = run.resolve("checkpoint-1");
    assertTrue(
        Files.exists(first.resolve("state.json")), "nothing of it was deleted under its name");
    assertTrue(Files.exists(first.resolve("weights.safetensors")));
  }

  @Test
  void aCheckpointWhoseReplacementWasCutComesBack() throws IOException {
    write(3, 1, Retention.lastTwo());
    Files.move(run.resolve("checkpoint-3"), run.resolve(".checkpoint-3.old"));
    Checkpoint.removeLeftovers(run);
    assertEquals(List.of(3L), steps());
    write(3, 1, Retention.lastTwo());
    Files.createDirectories(run.resolve(".checkpoint-3.old"));
    Checkpoint.removeLeftovers(run);
    assertEquals(List.of(3L), steps());
    assertFalse(Files.exists(run.resolve(".checkpoint-3.old")));
  }

  @Test
  void aScoreThatComesLaterDecidesWhatStays() throws IOException {
    Retention best = new Retention(1, 1);
    write(1, Double.NaN, best);
    Checkpoint.newest(run).orElseThrow().score(run, 2, best);
    write(2, Double.NaN, best);
    assertEquals(List.of(1L, 2L), steps());
    Checkpoint.newest(run).orElseThrow().score(run, 1, best);
    assertEquals(List.of(2L), steps());
    Checkpoint kept = Checkpoint.newest(run).orElseThrow();
    assertEquals(1, kept.score());
    assertEquals(2, kept.weights().require("w").toFloats()[0]);
  }

  @Test
  void saysWhichCheckpointToRemove() throws IOException {
    Files.createDirectories(run.resolve("checkpoint-4"));
    String message =
        String.valueOf(assertThrows(IOException.class, () -> Checkpoint.all(run)).getMessage());
    assertTrue(message.contains("expected a checkpoint's state, found no file; remove "), message);
  }

  @Test
  void refusesToKeepNone() {
    assertThrows(IllegalArgumentException.class, () -> new Retention(0, 1));
  }
}
