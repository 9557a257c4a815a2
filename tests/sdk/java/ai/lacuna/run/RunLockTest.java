package ai.lacuna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {
  private static final int FREE = 0;
  private static final int TAKEN = 3;

  /** Says by its exit code whether another process finds a run free. */
  static final class Other {
    private Other() {}

    public static void main(String[] args) throws IOException {
      try {
        RunLock.take(Path.of(args[0])).close();
      } catch (IllegalArgumentException e) {
        System.exit(TAKEN);
      }
    }
  }

  private static int other(Path run) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                run.toString())
            .inheritIO()
            .start();
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    return process.exitValue();
  }

  @Test
  void turnsAwayASecondRunOfThisProcessAndStaysTakenForOthers(@TempDir Path folder)
      throws Exception {
    Path run = Files.createDirectory(folder.resolve("run"));
    Path elsewhere = run.resolve("../run");
    RunLock lock = RunLock.take(run);
    try {
      assertThrows(IllegalArgumentException.class, () -> RunLock.take(run));
      assertThrows(IllegalArgumentException.class, () -> RunLock.take(elsewhere));
      assertEquals(TAKEN, other(run), "the refusals must not have freed the lock");
    } finally {
      lock.close();
    }
    assertEquals(FREE, other(run));
    RunLock.take(run).close();
  }
}
