package ai.lacuna.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeterminismTest {
  /** PyTorch documents that this has no deterministic form, on any device. */
  private static final String METHODS =
      """
        def scatter(self: SELF, x: Tensor, ids: Tensor, values: Tensor) -> Tensor:
          return torch.put(x, ids, values, False)
      """;

  @AfterEach
  void off() {
    Determinism.set(false);
  }

  private static float first(TorchModule module, NDManager manager) {
    NDArray x = manager.create(new float[] {1, 2});
    NDArray ids = manager.create(new long[] {0});
    return module.run("scatter", x, ids, manager.create(new float[] {5})).get(0).toFloatArray()[0];
  }

  @Test
  void operationsWithoutADeterministicFormThrowWhenItIsOn() {
    try (TorchModule module = TorchModule.loadMethods(METHODS, Device.cpu());
        NDManager manager = module.newManager()) {
      assertFalse(Determinism.isOn());
      assertEquals(5, first(module, manager));
      Determinism.set(true);
      assertTrue(Determinism.isOn());
      EngineException refused = assertThrows(EngineException.class, () -> first(module, manager));
      assertTrue(String.valueOf(refused.getMessage()).contains("deterministic"));
      Determinism.set(false);
      assertEquals(5, first(module, manager));
    }
  }

  @Test
  void threadsAreThoseThatWereSet() {
    int before = Determinism.threads();
    try {
      Determinism.threads(1);
      assertEquals(1, Determinism.threads());
    } finally {
      Determinism.threads(before);
    }
  }

  @Test
  void wantsCublasToBeStartedForIt() {
    if (System.getenv("CUBLAS_WORKSPACE_CONFIG") == null) {
      assertThrows(IllegalArgumentException.class, Determinism::requireCublasWorkspace);
    } else {
      Determinism.requireCublasWorkspace();
    }
  }
}
