package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DoctorTest {

  @Test
  void findsThisMachineUsable() {
    CommandLineRun run = CommandLineRun.of("doctor");
    assertEquals(0, run.code(), run.out());
    for (String what :
        new String[] {"java", "engine", "tensors on cpu", "onnx runtime", "--jpeg"}) {
      assertTrue(run.out().lines().anyMatch(line -> line.startsWith("ok    " + what)), run.out());
    }
    assertFalse(run.out().contains("fail "), run.out());
  }

  @Test
  void remedyStandsBelowWhatItMends() {
    String line = Check.warn("memory", "1 GiB", "buy more").line();
    assertEquals(2, line.lines().count());
    assertTrue(line.endsWith("-> buy more"));
  }
}
