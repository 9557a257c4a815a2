package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.engine.Determinism;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import ai.lacuna.run.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs that end without a chance to say so: killed, or with no room left to write. */
class KilledRunTest {
  private static final int EPOCHS = 3;
  private static final long LIMIT_SECONDS = 300;

  /** At the middle of a checkpoint's writing, of a step, and of an epoch. */
  private static final long[] STEPS_BEFORE_KILL = {2, 5, 7};

  private final Path directory;

  KilledRunTest(@TempDir Path directory) {
    this.directory = directory;
  }

  /** What runs in a JVM of its own: says each step, and waits for its end after the last. */
  static final class Run {
    private Run() {}

    /** Pretrains into the directory that is given. */
    public static void main(String[] run) throws IOException {
      Progress progress =
          new Progress() {
            @Override
            public void onStep(Step step) {
              System.out.println("step " + step.step());
            }
          };
      train(Path.of(run[0]), progress);
    }
  }

  private static TrainingRun.Result train(Path run, Progress progress) throws IOException {
    return Pretrainer.builder(NoiseImages.config(EPOCHS), new NoiseImages())
        .run(run)
        .logEvery(1)
        .checkpointEvery(1)
        .progress(progress)
        .build()
        .run();
  }

  private static List<String> command(Path run) {
    return List.of(
        ProcessHandle.current().info().command().orElse("java"),
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        Run.class.getName(),
        run.toString());
  }

  private static Process start(List<String> command, Path output) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", threads());
    return builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
  }

  /** As many as this process computes with: another number gives other last digits. */
  private static String threads() {
    return Integer.toString(Determinism.threads());
  }

  private static void killAfter(long step, Path run, Path output)
      throws IOException, InterruptedException {
    Process process = start(command(run), output);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!Files.readString(output).contains("step " + step + "\n")) {
      assertTrue(process.isAlive() && System.nanoTime() < deadline, Files.readString(output));
      Thread.sleep(1);
    }
    process.destroyForcibly().waitFor();
    assertNotEquals(0, process.exitValue());
  }

  private static List<String> losses(Path run) throws IOException {
    List<String> losses = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      if (line.startsWith("{\"kind\":\"step\"")) {
        losses.add(line.replaceAll(",\"learningRate.*", ""));
      }
    }
    return losses;
  }

  @Test
  void killedAgainAndAgainItEndsWithTheSameWeightsAndLosses()
      throws IOException, InterruptedException {
    Path whole = directory.resolve("whole");
    String expected = train(whole, Progress.silent()).weights().sha256();
    Path killed = directory.resolve("killed");
    for (long step : STEPS_BEFORE_KILL) {
      killAfter(step, killed, directory.resolve("output-" + step));
    }
    assertEquals(expected, train(killed, Progress.silent()).weights().sha256());
    assertEquals(losses(whole), losses(killed));
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "limits the size of files with a Unix shell")
  void withoutRoomForACheckpointTheOneBeforeStaysWhole() throws IOException, InterruptedException {
    Path run = directory.resolve("full");
    Pretrainer.builder(NoiseImages.config(EPOCHS), new NoiseImages())
        .run(run)
        .maxSteps(3)
        .build()
        .run();
    // No file may grow over one block: the system refuses the checkpoint as a full disk would.
    List<String> limited = new ArrayList<>(List.of("bash", "-c", "ulimit -f 1; exec \"$@\"", "-"));
    limited.addAll(command(run));
    // The shared memory of the JVM's own counters is a file too.
    limited.add(limited.indexOf("-cp"), "-XX:-UsePerfData");
    Process process = start(limited, directory.resolve("limited"));
    assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS));
    assertNotEquals(0, process.exitValue(), Files.readString(directory.resolve("limited")));
    Checkpoint left = Checkpoint.newest(run).orElseThrow();
    assertEquals(3, left.state().step());
    assertTrue(left.weights().names().contains("cls_token"));
  }
}
