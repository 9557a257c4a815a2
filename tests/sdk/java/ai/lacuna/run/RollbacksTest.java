package ai.lacuna.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RollbacksTest {
  private final Path run;

  RollbacksTest(@TempDir Path run) {
    this.run = run;
  }

  @Test
  void halvesTheRateAndLeavesOutTheBatchFromTheCheckpointOn() throws IOException {
    NamedTensors none = NamedTensors.builder().build();
    Checkpoint.write(run, new Checkpoint.State(0, 2, 2), none, none);
    Rollbacks.of(run).add(failure(4), Checkpoint.newest(run));
    Rollbacks rollbacks = Rollbacks.of(run);
    assertEquals(1, rollbacks.rateFactor(1));
    assertEquals(0.5, rollbacks.rateFactor(2));
    assertTrue(rollbacks.leavesOut(0, 3));
    assertFalse(rollbacks.leavesOut(1, 3));
  }

  @Test
  void givesUpAfterThree() throws IOException {
    for (int i = 0; i < Rollbacks.MOST; i++) {
      Rollbacks.of(run).add(failure(i + 1), Optional.empty());
    }
    Rollbacks full = Rollbacks.of(run);
    NonFiniteException failure =
        assertThrows(NonFiniteException.class, () -> full.add(failure(9), Optional.empty()));
    assertTrue(String.valueOf(failure.getMessage()).contains("after going back 3 times"));
  }

  private NonFiniteException failure(int step) throws IOException {
    return new NonFiniteException(run, step, 0, step - 1, "loss", Double.NaN);
  }
}
