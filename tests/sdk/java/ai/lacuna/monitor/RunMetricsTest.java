package ai.lacuna.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.report.LineChart.Point;
import ai.lacuna.run.RunFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that somebody edited, or a power cut left. */
class RunMetricsTest {
  private final Path run;

  RunMetricsTest(@TempDir Path run) {
    this.run = run;
  }

  @Test
  void passesOverWhatIsNoFigure() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    for (String line :
        List.of(
            "{\"kind\":{},\"step\":1,\"loss\":1}",
            "{\"kind\":null,\"step\":1,\"loss\":1}",
            "{\"kind\":[],\"step\":1,\"loss\":1}",
            "{\"kind\":\"epoch\",\"step\":{},\"loss\":1}",
            "{\"kind\":\"epoch\",\"step\":1,\"loss\":\"x\"}",
            "{\"kind\":\"epoch\",\"step\":1,\"loss\":1e400}",
            "{\"kind\":\"epoch\",\"epoch\":0,\"step\":1,\"loss\":0.5,\"skipped\":\"x\"}",
            "{\"kind\":\"epoch\",\"epoch\":{},\"skipped\":3}",
            "{\"kind\":\"damaged\",\"images\":\"x\"}",
            "{\"kind\":\"damaged\",\"images\":[null,{},\"a.png: damaged\"]}")) {
      file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
    file.write(new byte[] {'{', (byte) 0xff, (byte) 0xc3, '\n'});
    Files.write(run.resolve("metrics.jsonl"), file.toByteArray());
    RunMetrics metrics = RunMetrics.read(run);
    assertEquals(List.of(new Point(1, 0.5)), metrics.over("epoch", "loss"));
    assertEquals(List.of("a.png: damaged"), List.copyOf(DamagedSection.of(metrics).reasons()));
  }

  @Test
  void aPageOfABatchOfNothingHasNoEpochs() throws IOException {
    Files.writeString(run.resolve("data.json"), "{\"source\":\"a\",\"images\":8}");
    Files.writeString(run.resolve("config.json"), "{\"recipe\":{\"batchSize\":0}}");
    assertEquals("0 of 2 epochs", new RunPage(run, "").progress(2));
  }

  @Test
  void aPageNamesTheFileThatHoldsSomethingElse() throws IOException {
    for (String text : List.of("", "[]", "null", "[".repeat(100_000))) {
      Path file = Files.writeString(run.resolve("best.json"), text);
      String message =
          String.valueOf(
              assertThrows(
                      RunFileException.class, () -> FineTuneReport.write(run, "", "all layers"))
                  .getMessage());
      assertTrue(message.startsWith(file + ": expected "), message);
    }
  }
}
