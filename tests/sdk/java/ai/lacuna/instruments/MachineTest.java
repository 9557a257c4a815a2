package ai.lacuna.instruments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.engine.Devices;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MachineTest {

  @Test
  void readsThePeakFromLinuxStatus() {
    String status = "Name:\tjava\nVmPeak:\t 9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1000 kB\n";
    assertEquals(OptionalLong.of(1234 * 1024L), MemoryUse.peakResident(status));
    assertEquals(OptionalLong.empty(), MemoryUse.peakResident("Name:\tjava\n"));
  }

  @Test
  void aCpuHasNoMemoryOfItsOwn() {
    assertEquals(OptionalLong.empty(), Devices.memoryUsed(Device.cpu()));
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void thePeakIsMeasuredOnce(Precision precision) {
    double peak = MachinePeak.flopsPerSecond(Device.cpu(), precision);
    assertTrue(peak > 1e8, String.valueOf(peak));
    assertEquals(peak, MachinePeak.flopsPerSecond(Device.cpu(), precision));
  }

  @Test
  void severalProductsAreCounted() {
    int side = 64;
    Program products = MachinePeak.products(side, 3);
    assertEquals(3L * 2 * side * side * side, Flops.ofImage(products.function("products")));
  }

  @Test
  void eachDeviceCountsOnce() {
    double peak = MachinePeak.flopsPerSecond(Device.cpu(), Precision.FLOAT32);
    List<Device> replicas = List.of(Device.cpu(), Device.cpu());
    assertEquals(peak, MachinePeak.flopsPerSecond(replicas, Precision.FLOAT32));
  }
}
