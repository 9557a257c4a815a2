package ai.lacuna.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.monitor.Stripes;
import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepTableTest {

  private static SweepTable table() {
    SweepTable table = new SweepTable();
    table.add(
        variant("0.5", "2"),
        new Score("pixels, \"mse\"", 8, 0.5, 0.25, 20, 0.75, 0.9, 900, 1.5, 2));
    table.add(variant("0.75", "4"), new Score("pixels", 8, 0.4, 0.5, 10, 0.875, 0.5, 1000, 1, 3));
    return table;
  }

  private static Variant variant(String ratio, String patch) {
    Map<String, String> varied = new LinkedHashMap<>();
    varied.put("mask-ratio", ratio);
    varied.put("patch-size", patch);
    return new Variant(varied, Stripes.config(false), "./lacuna pretrain <" + ratio + ">");
  }

  @Test
  void namesARunByWhatIsVaried() {
    assertEquals("mask-ratio=0.5_patch-size=2", variant("0.5", "2").name());
    assertEquals("mask-ratio=a-b-c_patch-size=2", variant("a/b:c", "2").name());
    assertEquals("pixels of 3 × 3, mse", variant("0.5", "2").target());
  }

  @Test
  void textHasTheBestProbeFirstAndSaysWhatIsComparable() {
    List<String> lines = table().text().lines().toList();
    assertTrue(
        lines.get(0).startsWith("mask-ratio  patch-size  linear probe  k-NN    held-out loss"),
        lines.get(0));
    assertTrue(
        lines.get(1).startsWith("0.75        4           87.5 %        50.0 %  0.5000"),
        lines.get(1));
    assertTrue(
        lines.get(2).startsWith("0.5         2           75.0 %        90.0 %  0.2500"),
        lines.get(2));
    assertTrue(lines.get(3).contains("comparable between runs of one target only"));
    assertTrue(lines.get(3).contains("accuracies"));
  }

  @Test
  void csvQuotesWhatNeedsIt() {
    assertEquals(
        List.of(
            "mask-ratio,patch-size,linear,knn,validation_loss,train_loss,psnr,target,mflops,parameters,"
                + "steps,seconds,run",
            "0.5,2,0.75,0.9,0.25,0.5,20.0,\"pixels, \"\"mse\"\"\",1.5,900,8,2.0,mask-ratio=0.5_patch-size=2",
            "0.75,4,0.875,0.5,0.5,0.4,10.0,pixels,1.0,1000,8,3.0,mask-ratio=0.75_patch-size=4"),
        table().csv().lines().toList());
  }

  @Test
  void jsonHasARunEach() {
    JsonArray rows = JsonParser.parseString(table().json()).getAsJsonArray();
    assertEquals(2, rows.size());
    assertEquals(
        "{\"mask-ratio\":\"0.5\",\"patch-size\":\"2\"}",
        rows.get(0).getAsJsonObject().get("varied").toString());
    assertEquals(0.875, rows.get(1).getAsJsonObject().get("linear").getAsDouble());
    assertEquals(0.5, rows.get(1).getAsJsonObject().get("knn").getAsDouble());
  }

  @Test
  void withoutLabelsTheLossDecides() {
    SweepTable table = new SweepTable();
    table.add(variant("0.5", "2"), new Score("t", 8, 1, 0.75, 9, Double.NaN, Double.NaN, 9, 1, 1));
    table.add(variant("0.75", "2"), new Score("t", 8, 1, 0.5, 9, Double.NaN, Double.NaN, 9, 1, 1));
    List<String> lines = table.text().lines().toList();
    assertTrue(
        lines.get(1).startsWith("0.75        2           -             -     0.5000"),
        lines.get(1));
    assertTrue(table.csv().contains("0.5,2,,,0.75"), table.csv());
    assertFalse(table.text().contains("accuracies"), table.text());
  }

  /** Pixels have smaller losses than normalised pixels, and are not better for that. */
  @Test
  void lossesOfSeveralTargetsHaveNoBest(@TempDir Path directory) throws IOException {
    SweepTable table = new SweepTable();
    double none = Double.NaN;
    table.add(variant("0.1", "2"), new Score("pixels", 8, 1, 0.3, 9, none, none, 9, 1, 1));
    table.add(variant("0.2", "2"), new Score("normalised", 8, 1, 0.9, 9, none, none, 9, 1, 1));
    table.add(variant("0.3", "2"), new Score("pixels", 8, 1, 0.2, 9, none, none, 9, 1, 1));
    table.add(variant("0.4", "2"), new Score("normalised", 8, 1, none, 9, none, none, 9, 1, 1));
    assertEquals(
        List.of("0.2", "0.4", "0.3", "0.1"),
        table.text().lines().skip(1).limit(4).map(line -> line.substring(0, 3)).toList());
    table.write(directory, "command");
    String page = read(directory, "report.html");
    assertTrue(page.contains("<h1>4 runs of 2 targets, each with losses of its own</h1>"), page);
    assertFalse(page.contains("width:NaN"), page);
  }

  @Test
  void barsOfNothingHaveNoLength(@TempDir Path directory) throws IOException {
    SweepTable table = new SweepTable();
    table.add(variant("0.1", "2"), new Score("pixels", 8, 1, 0, 9, 0, 0, 9, 1, 1));
    table.write(directory, "command");
    assertFalse(read(directory, "report.html").contains("width:NaN"));
  }

  @Test
  void thePageIsWellFormed(@TempDir Path directory) throws Exception {
    table().write(directory, "./lacuna sweep --vary 'a<b'");
    String page = read(directory, "report.html");
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
    assertTrue(page.contains("Best probe: mask-ratio 0.75, patch-size 4"));
    assertTrue(page.contains("<h2>Linear probe</h2>") && page.contains("<h2>Masked loss</h2>"));
    assertTrue(page.contains("<h3>pixels, &quot;mse&quot;</h3>"), "two targets, two groups");
    assertTrue(page.contains("a&lt;b"));
    assertEquals(table().csv(), read(directory, "sweep.csv"));
    assertEquals(table().json(), read(directory, "sweep.json"));
  }

  private static String read(Path directory, String name) throws IOException {
    return Files.readString(directory.resolve(name));
  }
}
