package ai.lacuna.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.DataException;
import ai.lacuna.data.HeldOut;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Pretrainer;
import ai.lacuna.pretrain.PretrainerBuilder;
import ai.lacuna.run.Progress;
import ai.lacuna.serving.Pixels;
import ai.lacuna.track.Tracker;
import ai.lacuna.vit.Normalization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class MonitorTest {
  private final Path run;

  MonitorTest(@TempDir Path directory) {
    this.run = directory.resolve("run <1>");
  }

  /** Remembers what it is given. */
  private static final class Memory implements Tracker {
    private final TreeSet<String> figures = new TreeSet<>();
    private final List<Long> pictures = new ArrayList<>();
    private final List<Ending> endings = new ArrayList<>();
    private boolean closed;

    @Override
    public String name() {
      return "memory";
    }

    @Override
    public void figures(long step, Map<String, Double> values) {
      figures.addAll(values.keySet());
    }

    @Override
    public void picture(long step, String name, Pixels picture) {
      pictures.add(step);
    }

    @Override
    public void end(Ending how) {
      endings.add(how);
      close();
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private void train(Monitor.Builder monitor, HeldOut parts) throws IOException {
    try (Monitor built = monitor.build()) {
      Pretrainer.builder(Stripes.config(true), parts.kept())
          .run(run)
          .logEvery(1)
          .progress(built)
          .build()
          .run();
    }
  }

  @Test
  void validatesProbesDrawsAndTracksEveryEpoch() throws Exception {
    HeldOut parts = HeldOut.of(new Stripes(40), 0.5);
    Memory memory = new Memory();
    train(
        Monitor.builder(Stripes.config(true), run)
            .validation(parts.heldOut())
            .probe(parts, 5)
            .command("lacuna pretrain --out 'run <1>'")
            .tracker(step -> memory),
        parts);
    RunMetrics metrics = RunMetrics.read(run);
    for (String figure :
        List.of("loss", "psnr", "ssim", "visible_similarity", "masked_similarity", "visible_mse")) {
      assertEquals(2, metrics.over("validation", figure).size(), figure);
      assertTrue(memory.figures.contains("validation/" + figure), figure);
    }
    assertEquals(20, metrics.last("validation", "images").orElseThrow());
    for (String figure : List.of("knn", "linear")) {
      assertEquals(1, metrics.over("validation", figure).size(), "the last epoch alone is due");
      double accuracy = metrics.last("validation", figure).orElseThrow();
      assertTrue(accuracy >= 0 && accuracy <= 1, figure + " " + accuracy);
      assertTrue(memory.figures.contains("validation/" + figure), figure);
    }
    assertTrue(memory.figures.contains("train/gradient_norm"), memory.figures.toString());
    assertTrue(memory.figures.contains("epoch/loss"), memory.figures.toString());
    assertEquals(List.of(2L, 4L), memory.pictures);
    assertEquals(List.of(Tracker.Ending.FINISHED), memory.endings);
    assertTrue(memory.closed);
    assertTrue(Files.exists(run.resolve("pictures/epoch-1.png")));
    Pixels grid = Pixels.read(run.resolve("pictures/epoch-2.png"));
    assertEquals(8 * (7 * 12 + 4) + 4, grid.width());
    page();
  }

  /** The report is one well-formed file that fetches nothing and shows what there is. */
  private void page() throws Exception {
    String page = Files.readString(run.resolve("report.html"));
    Document parsed =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
    assertEquals(2, parsed.getElementsByTagName("img").getLength());
    assertTrue(parsed.getElementsByTagName("polyline").getLength() > 10);
    assertTrue(page.contains("after 2 of 2 epochs"));
    assertTrue(page.contains("lacuna pretrain --out 'run &lt;1&gt;'"));
    assertTrue(page.contains("held-out images") && page.contains("recipe.batchSize"));
    assertTrue(page.contains("linear probe, held-out training images"));
    assertTrue(page.contains("Accuracy of probes"));
    assertFalse(page.contains("<1>") || page.contains("http:") || page.contains("<script"));
  }

  @Test
  void theReportSaysWhereALimitOfStepsEndedTheRun() throws IOException {
    HeldOut parts = HeldOut.of(new Stripes(40), 0.5);
    try (Monitor monitor =
        Monitor.builder(Stripes.config(true), run).validation(parts.heldOut()).build()) {
      Pretrainer.builder(Stripes.config(true), parts.kept())
          .run(run)
          .maxSteps(3)
          .progress(monitor)
          .build()
          .run();
    }
    String page = Files.readString(run.resolve("report.html"));
    assertTrue(page.contains(" after 3 of 4 steps</h1>"), page);
  }

  @Test
  void manyChannelsAreDrawnInSeveralCharts() throws IOException {
    PretrainConfig one = Stripes.config(false);
    PretrainConfig config =
        new PretrainConfig(
            one.vit().withImage(12, 12, 7),
            one.decoder(),
            new Normalization(Collections.nCopies(7, 0.5), Collections.nCopies(7, 0.25)),
            one.masking(),
            one.objective(),
            one.recipe(),
            one.augmentation(),
            one.seed());
    Files.createDirectories(run);
    Files.writeString(run.resolve("config.json"), config.toJson());
    StringBuilder line = new StringBuilder("{\"kind\":\"validation\",\"step\":2");
    for (int channel = 0; channel < 7; channel++) {
      line.append(",\"error_channel_").append(channel).append("\":0.5");
    }
    Files.writeString(run.resolve("metrics.jsonl"), line.append("}\n"));
    RunReport.write(run, "");
    String page = Files.readString(run.resolve("report.html"));
    assertEquals(2, page.split("<figcaption>Squared error of removed pixels", -1).length - 1);
    assertTrue(page.contains("channel 6"));
    assertFalse(page.contains("class=\"s5\""), "a curve without a colour is not seen");
  }

  /** A run of steps 1 to 4 in which something happens after the second. */
  private List<Tracker.Ending> endings(Consumer<Pretrainer> second) throws IOException {
    HeldOut parts = HeldOut.of(new Stripes(40), 0.5);
    Memory memory = new Memory();
    List<Pretrainer> running = new ArrayList<>();
    try (Monitor monitor =
        Monitor.builder(Stripes.config(true), run).tracker(step -> memory).build()) {
      Progress happens =
          new Progress() {
            @Override
            public void onStep(Step step) {
              if (step.step() == 2) {
                second.accept(running.get(0));
              }
            }
          };
      running.add(
          Pretrainer.builder(Stripes.config(true), parts.kept())
              .run(run)
              .logEvery(1)
              .progress(Progress.of(List.of(monitor, happens)))
              .build());
      running.get(0).run();
    } catch (UncheckedIOException expected) {
      assertTrue(String.valueOf(expected.getMessage()).contains("disk is gone"));
    }
    return memory.endings;
  }

  @Test
  void tellsTrackersHowTheRunEnded() throws IOException {
    assertEquals(List.of(Tracker.Ending.KILLED), endings(Pretrainer::stop));
    // Steps 3 and 4 are left; the second of a run that goes on is never seen again.
    assertEquals(List.of(Tracker.Ending.FINISHED), endings(pretrainer -> {}));
  }

  @Test
  void tellsTrackersOfAFailure() throws IOException {
    assertEquals(
        List.of(Tracker.Ending.FAILED),
        endings(
            pretrainer -> {
              throw new UncheckedIOException(new IOException("disk is gone"));
            }));
  }

  @Test
  void trainsOnWhenATrackerCannotBeOpened() throws IOException {
    HeldOut parts = HeldOut.of(new Stripes(40), 0.5);
    List<String> complaints = new ArrayList<>();
    train(
        Monitor.builder(Stripes.config(true), run)
            .pictures(parts.kept())
            .complaints(complaints::add)
            .tracker(
                step -> {
                  throw new IOException("no space left");
                }),
        parts);
    assertEquals(
        List.of("tracker: no space left; the training goes on, metrics.jsonl has all"), complaints);
    assertTrue(Files.exists(run.resolve("pictures/epoch-2.png")));
    assertEquals(0, RunMetrics.read(run).over("validation", "loss").size());
  }

  /** Two of 40 are damaged, one on each side; a run is not ended by one of a hundred. */
  @Test
  void damagedImagesAreNeitherJudgedNorAnError() throws IOException {
    HeldOut whole = HeldOut.of(new Stripes(40), 0.5);
    int kept = (int) whole.kept().id(0);
    int heldOut = (int) whole.heldOut().id(0);
    HeldOut parts = HeldOut.of(new DamagedStripes(40, kept, heldOut), 0.5);
    try (Monitor monitor =
        Monitor.builder(Stripes.config(true), run)
            .maxCorrupt(0.1)
            .validation(parts.heldOut())
            .probe(parts, 1)
            .build()) {
      Pretrainer.builder(Stripes.config(true), parts.kept())
          .run(run)
          .maxCorrupt(0.1)
          .progress(monitor)
          .build()
          .run();
    }
    RunMetrics metrics = RunMetrics.read(run);
    assertEquals(19, metrics.last("validation", "images").orElseThrow());
    assertTrue(metrics.last("validation", "linear").isPresent());
    String page = Files.readString(run.resolve("report.html"));
    assertTrue(page.contains("for 1 image in the newest epoch, 2 times over all epochs."), page);
    assertTrue(page.contains(kept + ".png: expected a whole image, found damaged data"), page);
    assertFalse(page.contains(heldOut + ".png"), "it is no image of the training");
  }

  /** The one damaged image is met in the first step or in the second, before or after the stop. */
  @Test
  void damagedImagesAreCountedOnceOverAStopWithinAnEpoch() throws IOException {
    for (long step : new long[] {1, 2, 3}) {
      Path stopped = run.resolveSibling("stopped-" + step);
      PretrainerBuilder builder =
          Pretrainer.builder(Stripes.config(true), new DamagedStripes(20, 4))
              .run(stopped)
              .maxCorrupt(0.1)
              .logEvery(1);
      builder.maxSteps(step).build().run();
      builder.maxSteps(4).build().run();
      assertEquals(4, RunMetrics.read(stopped).last("epoch", "step").orElseThrow());
      DamagedSection damaged = DamagedSection.of(RunMetrics.read(stopped));
      assertEquals(1, damaged.newest());
      assertEquals(2, damaged.all());
      assertEquals(
          Set.of("sample 4: 4.png: expected a whole image, found damaged data"), damaged.reasons());
    }
  }

  @Test
  void aPageShowsAFewDamagedImagesAndNoMarkupOfTheirs() throws IOException {
    Files.createDirectories(run);
    StringBuilder lines = new StringBuilder();
    lines.append("{\"kind\":\"damaged\",\"epoch\":0,\"step\":1,\"images\":[\"<script>0\"");
    for (int i = 1; i < 30; i++) {
      lines.append(",\"image ").append(i).append("x\"");
    }
    lines.append("]}\n{\"kind\":\"epoch\",\"epoch\":0,\"step\":1,\"skipped\":30}\n");
    Files.writeString(run.resolve("metrics.jsonl"), lines);
    RunPage page = new RunPage(run, "");
    DamagedSection.of(page.metrics()).appendTo(page);
    String html = page.html().toString();
    assertTrue(html.contains("&lt;script&gt;0") && html.contains("image 19x"), html);
    assertFalse(html.contains("<script") || html.contains("image 20x"), html);
    assertTrue(html.contains("for 30 images in the newest epoch"), html);
  }

  @Test
  void tooManyDamagedImagesAreAnError() {
    Monitor.Builder monitor =
        Monitor.builder(Stripes.config(true), run).validation(new DamagedStripes(40, 7));
    String message = String.valueOf(assertThrows(DataException.class, monitor::build).getMessage());
    assertTrue(message.contains("7.png: expected a whole image"), message);
  }
}
