package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServingOptionsTest {
  @Test
  void readsTheIndexOfTheGpu() {
    ServingOptions options = ServingOptions.defaults();
    assertEquals(0, options.withDevice("cuda").gpu());
    assertEquals(3, options.withDevice("cuda:3").gpu());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "cuda:", "cuda:-1", "CPU", "cuda:x"})
  void refusesOtherDevices(String device) {
    assertThrows(
        IllegalArgumentException.class, () -> ServingOptions.defaults().withDevice(device));
  }

  @Test
  void refusesValuesOutOfRange() {
    ServingOptions options = ServingOptions.defaults();
    assertThrows(IllegalArgumentException.class, () -> options.withThreads(-1));
    assertThrows(IllegalArgumentException.class, () -> options.withMaxBatch(0));
    assertThrows(IllegalArgumentException.class, () -> options.withSplitUpTo(-1));
  }
}
