package ai.lacuna.monitor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuneReportTest {
  private final Path run;

  FineTuneReportTest(@TempDir Path run) {
    this.run = run;
  }

  @BeforeEach
  void fourStepsAnEpoch() throws IOException {
    Files.writeString(run.resolve("config.json"), "{\"recipe\": {\"batchSize\": 16}}");
    Files.writeString(run.resolve("data.json"), "{\"source\": \"some\", \"images\": 70}");
  }

  private String page(int epoch, int step) throws IOException {
    String line = "{\"kind\":\"epoch\",\"epoch\":%d,\"step\":%d,\"loss\":0.5}\n";
    Files.writeString(run.resolve("metrics.jsonl"), line.formatted(epoch, step));
    FineTuneReport.write(run, "", "head@2");
    return Files.readString(run.resolve("report.html"));
  }

  @Test
  void saysHowFarARunCame() throws IOException {
    assertTrue(page(0, 4).contains("<h1>Loss 0.500 after 1 epoch</h1>"));
    assertTrue(page(1, 8).contains("<h1>Loss 0.500 after 2 epochs</h1>"));
  }

  @Test
  void anEpochThatALimitOfStepsCutsIsNone() throws IOException {
    assertTrue(page(1, 6).contains("<h1>Loss 0.500 after 6 steps</h1>"));
    assertTrue(page(0, 1).contains("<h1>Loss 0.500 after 1 step</h1>"));
  }

  @Test
  void countsEpochsOfARunThatDoesNotSayItsImages() throws IOException {
    Files.delete(run.resolve("data.json"));
    assertTrue(page(1, 6).contains("<h1>Loss 0.500 after 2 epochs</h1>"));
  }
}
