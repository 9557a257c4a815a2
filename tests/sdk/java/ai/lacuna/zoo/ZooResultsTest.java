package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooResultsTest {
  private final Path zoo;

  ZooResultsTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  static Measurement accuracy(String task, double value) {
    return new Measurement(
        task,
        "class token",
        new Measurement.Data("noise", "test", 10),
        new Measurement.Figure("accuracy", value, "%"));
  }

  private void record(Measurement measurement) throws IOException {
    record(zoo, "vit_tiny.test", measurement, "lacuna probe", Duration.ofMillis(12_345));
  }

  static void record(Path zoo, String name, Measurement measurement, String command, Duration time)
      throws IOException {
    NamedTensors weights = Zoo.at(zoo).require(name).weights();
    ZooResults.record(zoo, name, weights, measurement, command, time, "a machine");
  }

  private List<ZooResult> results() {
    return Zoo.at(zoo).require("vit_tiny.test").results();
  }

  @Test
  void keepsFiguresAndReplacesRepeatedOnes() throws IOException {
    ZooEntry entry = TinyEntries.publish(zoo, "vit_tiny.test", 1);
    assertEquals(List.of(), entry.results());
    record(accuracy("linear-probe", 80));
    record(accuracy("k-nn", 70));
    record(accuracy("linear-probe", 81));

    assertEquals(
        List.of(accuracy("linear-probe", 81), accuracy("k-nn", 70)),
        results().stream().map(ZooResult::measurement).toList());
    ZooResult.Run run = results().get(0).run();
    assertEquals("lacuna probe", run.command());
    assertEquals(12.3, run.seconds());
    assertEquals(entry.weightsSha256(), run.weightsSha256());
  }

  @Test
  void forgetsFiguresOfOtherWeights() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    record(accuracy("linear-probe", 80));
    TinyEntries.publish(zoo, "vit_tiny.test", 2);
    assertEquals(List.of(), results());
    record(accuracy("k-nn", 70));

    assertEquals(1, results().size());
  }

  @Test
  void refusesFiguresOfWeightsThatAreNotTheEntrys() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);

    assertThrows(
        ZooException.class,
        () ->
            ZooResults.record(
                zoo,
                "vit_tiny.test",
                TinyEntries.weights(2),
                accuracy("k-nn", 70),
                "lacuna probe",
                Duration.ZERO,
                "a machine"));
  }

  @Test
  void namesTheGpuThatComputed() {
    String cpu = ZooResults.machine(Device.cpu());
    assertTrue(cpu.matches("[0-9]+ processors, .*, Java [0-9].*"), cpu);
    // There is no such GPU, so that no driver says what it is called.
    assertEquals(cpu + ", cuda:63", ZooResults.machine(Device.gpu(63)));
  }

  @Test
  void refusesAFigureThatIsNotFinite() {
    assertThrows(IllegalArgumentException.class, () -> accuracy("linear-probe", Double.NaN));
  }
}
