package ai.lacuna.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** The second of three epochs was the best, and its network is the one that is kept. */
  @Test
  void theHeadlineIsOfTheEpochThatIsKept() throws IOException {
    Files.writeString(
        run.resolve("metrics.jsonl"),
        """
        {"kind":"epoch","epoch":0,"step":4,"loss":0.9}
        {"kind":"validation","epoch":0,"step":4,"top1":0.5,"loss":0.8}
        {"kind":"epoch","epoch":1,"step":8,"loss":0.5}
        {"kind":"validation","epoch":1,"step":8,"top1":0.75,"loss":0.61}
        {"kind":"epoch","epoch":2,"step":12,"loss":0.3}
        {"kind":"validation","epoch":2,"step":12,"top1":0.7,"loss":0.72}
        """);
    Files.writeString(
        run.resolve("best.json"),
        "{\"epoch\":1,\"score\":0.75,\"risen\":1,\"last\":2,"
            + "\"figures\":{\"top1\":0.75,\"loss\":0.61}}");
    FineTuneReport.write(run, "", "head@3");
    String page = Files.readString(run.resolve("report.html"));
    String headline = "75.0 % of the held-out images after epoch 2, the best in 3 epochs";
    assertTrue(page.contains("<h1>" + headline + "</h1>"), page);
    assertTrue(page.contains("<dt>loss of held-out images, best epoch</dt><dd>0.610</dd>"), page);
  }

  @Test
  void ofOneEpochThereIsNoBest() throws IOException {
    Files.writeString(
        run.resolve("best.json"),
        "{\"epoch\":0,\"score\":0.25,\"risen\":0,\"last\":0,\"figures\":{\"miou\":0.25}}");
    assertTrue(page(0, 4).contains("<h1>Mean IoU 25.0 % after 1 epoch</h1>"));
  }

  @Test
  void saysWhichImagesTheNetworkWasJudgedOn() throws IOException {
    page(0, 4);
    List<FineTuneReport.ClassIou> classes =
        List.of(
            new FineTuneReport.ClassIou("sky & sea", 0.875),
            new FineTuneReport.ClassIou("none", Double.NaN));
    for (boolean decided : new boolean[] {false, true}) {
      FineTuneReport.write(
          run,
          "",
          "head@1",
          new FineTuneReport.Test(
              20,
              decided,
              Map.of("miou", 0.875, "pixelAccuracy", 0.9),
              Optional.empty(),
              classes,
              Optional.empty()));
      String page = Files.readString(run.resolve("report.html"));
      assertEquals(!decided, page.contains("<h2>On the test images</h2>"));
      assertEquals(decided, page.contains("<h2>On the held-out images</h2>"));
      assertTrue(page.contains("<dt>mean IoU of the classes</dt><dd>87.50 %</dd>"), page);
      assertTrue(page.contains("<dt>pixels in the right class</dt><dd>90.00 %</dd>"), page);
      assertTrue(page.contains("<th scope=\"row\">sky &amp; sea</th>"), page);
      assertTrue(page.contains("<td>87.50 %</td>") && page.contains("<td>–</td>"), page);
      assertFalse(page.contains("NaN"));
    }
  }
}
