package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooStudyTest {
  private static final String NAME = "vit_tiny.test";
  private static final Measurement.Data DATA = new Measurement.Data("noise", "test", 10);

  private final Path zoo;

  ZooStudyTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  private static ZooStudies.Found found(String method, int labels, Double... accuracies) {
    return new ZooStudies.Found(
        method,
        "all@2",
        labels,
        DATA,
        List.of(accuracies),
        List.of(),
        "./lacuna finetune",
        12.34,
        "a machine");
  }

  private static ZooStudies.Found seeded(String setting, List<Long> seeds, Double... accuracies) {
    long seed = seeds.get(0);
    String command = "./lacuna finetune --seed %d --lr 1 --out runs/%d".formatted(seed, seed);
    return new ZooStudies.Found(
        "tuned",
        setting,
        60,
        DATA,
        List.of(accuracies),
        seeds,
        command,
        10 * seeds.size(),
        "a machine");
  }

  private ZooEntry record(ZooStudies.Found... found) throws IOException {
    String digest = Zoo.at(zoo).require(NAME).weights().sha256();
    ZooStudies.record(zoo, NAME, digest, List.of(found));
    return Zoo.at(zoo).require(NAME);
  }

  @Test
  void givesMeanAndDeviationInATable() throws IOException {
    TinyEntries.publish(zoo, NAME, 1);
    // The deviation of 80, 84 and 85 is sqrt(14 / 2).
    ZooEntry entry =
        record(found("tuned", 6000, 80.0, 84.0, 85.0), found("from scratch", 60, 30.5));

    assertEquals(
        """
        | labelled images | tuned | from scratch |
        | --- | --- | --- |
        | 60 | – | 30.50 % (1 seed) |
        | 6,000 | 83.00 ± 2.65 % (3 seeds) | – |
        """,
        StudyTable.of(entry.studies()));
    assertTrue(ModelCard.of(entry).contains(StudyTable.of(entry.studies())));
    assertTrue(ModelCard.of(entry).contains("- tuned, 6,000 labelled images: all@2; noise, test"));
  }

  @Test
  void replacesAStudyAndForgetsThoseOfOtherWeights() throws IOException {
    TinyEntries.publish(zoo, NAME, 1);
    record(found("tuned", 60, 50.0), found("tuned", 600, 60.0));
    ZooEntry entry = record(found("tuned", 60, 51.0, 53.0));

    assertEquals(List.of(52.0, 60.0), entry.studies().stream().map(ZooStudy::mean).toList());
    TinyEntries.publish(zoo, NAME, 2);
    assertEquals(List.of(), Zoo.at(zoo).require(NAME).studies());
    assertThrows(
        ZooException.class,
        () ->
            ZooStudies.record(
                zoo, NAME, entry.weights().sha256(), List.of(found("tuned", 60, 50.0))));
  }

  @Test
  void addsSeedsToAStudyOfTheSameSetting() throws IOException {
    TinyEntries.publish(zoo, NAME, 1);
    record(seeded("all@2", List.of(1L, 3L), 50.0, 60.0));
    ZooStudy added = record(seeded("all@2", List.of(0L, 3L), 40.0, 61.0)).studies().get(0);

    assertEquals(List.of(0L, 1L, 3L), added.seeds());
    assertEquals(List.of(40.0, 50.0, 61.0), added.accuracies());
    assertEquals("./lacuna finetune --seed 0 --lr 1 --out runs/0", added.run().command());
    assertEquals(30, added.run().seconds());
    ZooEntry entry = Zoo.at(zoo).require(NAME);
    assertTrue(ModelCard.of(entry).contains("all@2, seeds [0, 1, 3]; noise"));
    ZooStudy later = record(seeded("all@2", List.of(4L), 70.0)).studies().get(0);
    assertEquals("./lacuna finetune --seed 0 --lr 1 --out runs/0", later.run().command());
    assertEquals(4, later.accuracies().size());

    ZooStudy other = record(seeded("all@3", List.of(5L), 80.0)).studies().get(0);
    assertEquals(List.of(5L), other.seeds());
    assertEquals(List.of(80.0), other.accuracies());
  }

  @Test
  void renewsTheTableOfAText() throws IOException {
    TinyEntries.publish(zoo, NAME, 1);
    ZooEntry entry = record(found("tuned", 60, 50.0));
    String text =
        """
        before
        <!-- studies of vit_tiny.test, written by 'lacuna zoo cards' -->
        old
        <!-- end of studies -->
        after
        """;

    String renewed = StudyTable.renew(text, entry);

    assertEquals(text.replace("old\n", "\n" + StudyTable.of(entry.studies()) + "\n"), renewed);
    assertEquals(renewed, StudyTable.renew(renewed, entry));
    assertEquals("no table", StudyTable.renew("no table", entry));
    assertThrows(
        ZooException.class,
        () -> StudyTable.renew(text.substring(0, text.indexOf("<!-- end")), entry));
  }

  @Test
  void refusesWhatIsNoStudy() throws IOException {
    TinyEntries.publish(zoo, NAME, 1);
    assertThrows(IllegalArgumentException.class, () -> record(found("tuned", 0, 50.0)));
    assertThrows(IllegalArgumentException.class, () -> record(found("tuned", 60)));
    assertThrows(IllegalArgumentException.class, () -> record(found("tuned", 60, 101.0)));
    assertThrows(IllegalArgumentException.class, () -> record(found("tuned", 60, Double.NaN)));
    assertThrows(
        IllegalArgumentException.class, () -> record(seeded("all@2", List.of(1L, 1L), 1.0, 2.0)));
    assertThrows(
        IllegalArgumentException.class, () -> record(seeded("all@2", List.of(1L), 1.0, 2.0)));
    Files.writeString(zoo.resolve(NAME).resolve("studies.json"), "{\"studies\": [{}]}");
    ZooException damaged = assertThrows(ZooException.class, () -> ZooPublisher.reindex(zoo));
    assertTrue(String.valueOf(damaged.getMessage()).contains("studies.json"));
  }
}
