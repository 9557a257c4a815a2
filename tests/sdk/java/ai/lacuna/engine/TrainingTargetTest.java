package ai.lacuna.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import ai.lacuna.graph.torchscript.TorchTarget;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrainingTargetTest {
  private final int threads = Determinism.threads();
  private final String machine = System.getProperty("os.arch", "");

  @BeforeEach
  void severalThreads() {
    Determinism.threads(2);
    System.setProperty("os.arch", "amd64");
  }

  @AfterEach
  void asItWas() {
    Determinism.threads(threads);
    System.setProperty("os.arch", machine);
    System.clearProperty(TrainingTarget.CONVOLUTIONS);
  }

  @Test
  void severalThreadsOfAnX86Convolve() {
    assertEquals(TorchTarget.CPU_THREADS, TrainingTarget.of(Device.cpu()));
    assertEquals(TorchTarget.PORTABLE, TrainingTarget.of(Device.gpu()));
    System.setProperty("os.arch", "aarch64");
    assertEquals(TorchTarget.CPU, TrainingTarget.of(Device.cpu()));
  }

  @Test
  void oneThreadDoesNot() {
    Determinism.threads(1);
    assertEquals(TorchTarget.CPU, TrainingTarget.of(Device.cpu()));
  }

  @Test
  void thePropertyKeepsLayersLinear() {
    System.setProperty(TrainingTarget.CONVOLUTIONS, "true");
    assertEquals(TorchTarget.CPU_THREADS, TrainingTarget.of(Device.cpu()));
    System.setProperty(TrainingTarget.CONVOLUTIONS, "false");
    assertEquals(TorchTarget.CPU, TrainingTarget.of(Device.cpu()));
    System.setProperty(TrainingTarget.CONVOLUTIONS, "no");
    assertEquals(
        "lacuna.convolutions: expected true or false, found no",
        assertThrows(IllegalArgumentException.class, () -> TrainingTarget.of(Device.cpu()))
            .getMessage());
  }
}
