package ai.lacuna.instruments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MachineTest {

  @Test
  void readsThePeakFromLinuxStatus() {
    String status = "Name:\tjava\nVmPeak:\t 9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1000 kB\n";
    assertEquals(OptionalLong.of(1234 * 1024L), MemoryUse.peakResident(status));
    assertEquals(OptionalLong.empty(), MemoryUse.peakResident("Name:\tjava\n"));
  }

  @Test
  void aCpuHasNoMemoryOfItsOwn() {
    assertEquals(OptionalLong.empty(), MemoryUse.ofDevice(Device.cpu()));
  }

  @Test
  void thePeakIsMeasuredOnce() {
    double peak = MachinePeak.flopsPerSecond(Device.cpu());
    assertTrue(peak > 1e8, String.valueOf(peak));
    assertEquals(peak, MachinePeak.flopsPerSecond(Device.cpu()));
  }
}
