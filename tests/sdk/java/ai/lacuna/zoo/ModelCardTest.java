package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
                  type: nobody/noise
                  name: Noise
                  split: test
                metrics:
                - type: accuracy
                  value: 81.24
            ---

            # vit_tiny.test
            """),
        card);
  }

  @Test
  void hasEverySection() throws IOException {
    List<String> headings =
        ModelCard.of(entry()).lines().filter(line -> line.startsWith("## ")).toList();

    assertEquals(
        List.of(
            "## Intended use",
            "## Training data",
            "## Recipe, and how to repeat it",
            "## Evaluation",
            "## Limits and bias",
            "## Environment of the pretraining",
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
  void writesACardForEachEntry() throws IOException {
    ZooEntry entry = entry();
    Path cards = zoo.resolve("cards");

    assertEquals(List.of(cards.resolve("vit_tiny.test.md")), ModelCard.writeAll(zoo, cards));
    assertEquals(ModelCard.of(entry), Files.readString(cards.resolve("vit_tiny.test.md")));
  }
}
