package ai.lacuna.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {
  @ParameterizedTest
  @ValueSource(strings = {"gpu", "cuda:", "cuda:-1", "cuda:99999999999", "CPU", ""})
  void saysWhatADeviceIsCalled(String name) {
    assertEquals(
        "device: expected cpu, cuda, cuda:N or auto, found " + name,
        assertThrows(IllegalArgumentException.class, () -> Devices.parse(name)).getMessage());
  }

  @Test
  void namesAreReadAsTheyAreWritten() {
    List<Device> two = Devices.parseAll("cpu,cpu");
    assertEquals(List.of(Device.cpu(), Device.cpu()), two);
    assertEquals("cpu,cpu", Devices.names(two));
  }

  @Test
  void withoutCudaThereIsNoGpuToName() {
    assertEquals(0, Devices.gpus(), "these tests run on the CPU's libtorch");
    assertEquals(Device.cpu(), Devices.parse("auto"));
    assertEquals(
        "device cuda:1: libtorch sees 0 CUDA devices; run 'lacuna doctor' to learn what is missing,"
            + " or use cpu",
        assertThrows(IllegalArgumentException.class, () -> Devices.parse("cuda:1")).getMessage());
    assertEquals(
        "device cuda:0: libtorch sees 0 CUDA devices; run 'lacuna doctor' to learn what is missing,"
            + " or use cpu",
        assertThrows(
                IllegalArgumentException.class,
                () -> TorchModule.load(Path.of("network.pt"), Device.gpu(), false))
            .getMessage());
    assertEquals(OptionalLong.empty(), Devices.memoryUsed(Device.gpu()));
  }
}
