package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCardTest {
  private final Path zoo;

  ModelCardTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  private ZooEntry entry() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    ZooResultsTest.record(
        zoo,
        "vit_tiny.test",
        ZooResultsTest.accuracy("linear-probe", 81.236),
        "lacuna probe --data noise",
        Duration.ofSeconds(9));
    return Zoo.at(zoo).require("vit_tiny.test");
  }

  @Test
  void hasTheFrontMatterOfTheHub() throws IOException {
    String card = ModelCard.of(entry());

    assertTrue(
        card.startsWith(
            """
            ---
            license: apache-2.0
            library_name: lacuna
            pipeline_tag: image-feature-extraction
            tags:
            - "test"
            datasets:
            - nobody/noise
            metrics:
            - accuracy
            model-index:
            - name: vit_tiny.test
              results:
              - task:
                  type: image-classification
                  name: "linear-probe: class token"
                dataset:
                  type: "nobody/noise"
                  name: "Noise"
                  split: "test"
                metrics:
                - type: accuracy
                  value: 81.24
            ---

            # vit_tiny.test
            """),
        card);
  }

  /** What people write must neither break the front matter nor say another thing there. */
  @Test
  void quotesWhatYamlWouldReadAsSomethingElse() throws IOException {
    entry();
    Path about = zoo.resolve("vit_tiny.test").resolve("about.json");
    String text = Files.readString(about);
    String[][] cases = {
      {"custom: see LICENSE # 3", "\"custom: see license # 3\""},
      {"no", "\"no\""},
      {"0BSD", "\"0bsd\""},
      {"- none", "\"- none\""},
      {"My \\\"own\\\"\\nlicence", "\"my \\\"own\\\"\\nlicence\""},
      {"", "\"\""},
      {"LicenseRef-own.1+", "licenseref-own.1+"},
    };
    for (String[] each : cases) {
      Files.writeString(
          about,
          text.replace("\"Apache-2.0\"", '"' + each[0] + '"')
              .replace("\"nobody/noise\"", '"' + each[0] + '"'));
      ZooPublisher.reindex(zoo);
      List<String> card = ModelCard.of(Zoo.at(zoo).require("vit_tiny.test")).lines().toList();
      assertEquals("license: " + each[1], card.get(1));
      assertEquals("datasets:", card.get(6));
      assertEquals("- " + each[1], card.get(7).toLowerCase(Locale.ROOT));
      assertEquals("metrics:", card.get(8));
    }
  }

  @Test
  void hasEverySection() throws IOException {
    List<String> headings =
        ModelCard.of(entry()).lines().filter(line -> line.startsWith("## ")).toList();

    assertEquals(
        List.of(
            "## How to use it",
            "## Intended use",
            "## Training data",
            "## Recipe, and how to repeat it",
            "## Evaluation",
            "## Limits and bias",
            "## Environment and energy of the training",
            "## Licence",
            "## Citation"),
        headings);
  }

  @Test
  void tellsHowItWasTrainedAndMeasured() throws IOException {
    String card = ModelCard.of(entry());

    assertTrue(card.contains("This took 90.0 min for 2 epochs"), card);
    assertTrue(card.contains("from 1.5000 in the first to 0.7500 in the last"), card);
    assertTrue(card.contains("| recipe.epochs | 2 |"), card);
    assertTrue(card.contains("| os | x |"), card);
    assertTrue(card.contains("| accuracy | 81.24 % | 9.0 s |"), card);
    assertTrue(card.contains("`lacuna probe --data noise` ("), card);
  }

  @Test
  void saysWhenNothingWasMeasured() throws IOException {
    String card = ModelCard.of(TinyEntries.publish(zoo, "vit_tiny.test", 1));

    assertTrue(card.contains("No figures have been recorded"));
    assertFalse(card.contains("model-index"));
  }

  @Test
  void tellsOfExportsPicturesAndEnergy() throws IOException {
    ZooEntry entry = entry();
    assertFalse(ModelCard.of(entry).contains("### "), "nothing of what was not recorded");
    ZooExports.record(
        zoo,
        "vit_tiny.test",
        entry.weights().sha256(),
        "lacuna export",
        Duration.ofSeconds(3),
        run ->
            List.of(
                new ZooExport("ONNX Runtime", "e.onnx", 4_800_000, 3.7e-6, 1.23, 32, 20.6, run)));
    byte[] png = {1, 2, 3};
    ZooPublisher.picture(zoo, "vit_tiny.test", png);
    FileReplacement.write(
        zoo.resolve("vit_tiny.test").resolve("recipe.json"),
        TinyEntries.RECIPE.replace("\"os\": \"x\"", "\"processors\": 2"));
    ZooPublisher.reindex(zoo);
    String card = ModelCard.of(Zoo.at(zoo).require("vit_tiny.test"));

    assertTrue(card.contains("| ONNX Runtime | `e.onnx` | 4.8 | 3.7e-06 | 1.2 ms | 21 ms |"), card);
    assertTrue(card.contains("images](vit_tiny.test.png)"), card);
    // 1.5 h of 2 processors at 10 W.
    assertTrue(card.contains("90.0 min for 2 processors are 3.0 processor hours"), card);
    assertTrue(card.contains("0.030 kWh"), card);
    FileReplacement.write(
        zoo.resolve("vit_tiny.test").resolve("recipe.json"),
        TinyEntries.RECIPE.replace("\"os\": \"x\"", "\"device\": \"cuda:0,cuda:1\""));
    ZooPublisher.reindex(zoo);
    String onGpus = ModelCard.of(Zoo.at(zoo).require("vit_tiny.test"));
    // 1.5 h of 2 GPUs at 700 W.
    assertTrue(onGpus.contains("90.0 min on 2 GPUs are 3.00 GPU hours"), onGpus);
    assertTrue(onGpus.contains("2.100 kWh"), onGpus);
    Path cards = zoo.resolve("cards");
    ModelCard.writeAll(zoo, cards);
    assertArrayEquals(png, Files.readAllBytes(cards.resolve("vit_tiny.test.png")));
    assertThrows(
        ZooException.class,
        () ->
            ZooExports.record(
                zoo, "vit_tiny.test", "0", "lacuna export", Duration.ZERO, run -> List.of()));
    TinyEntries.publish(zoo, "vit_tiny.test", 2);
    assertEquals(List.of(), Zoo.at(zoo).require("vit_tiny.test").listing().exports());
    assertTrue(Zoo.at(zoo).require("vit_tiny.test").picture().isEmpty());
  }

  @Test
  void writesACardForEachEntry() throws IOException {
    ZooEntry entry = entry();
    Path cards = zoo.resolve("cards");

    assertEquals(List.of(cards.resolve("vit_tiny.test.md")), ModelCard.writeAll(zoo, cards));
    assertEquals(ModelCard.of(entry), Files.readString(cards.resolve("vit_tiny.test.md")));
  }
}
