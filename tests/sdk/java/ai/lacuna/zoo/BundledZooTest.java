package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds for every entry that travels in the jar. */
class BundledZooTest {
  private static final Path ROOT = Path.of(System.getProperty("lacuna.root", "."));
  private static final Path ZOO = ROOT.resolve("zoo");
  private static final long MOST_BYTES = 10_500_000;

  /** Entries whose weights are in the jar. */
  private static List<ZooEntry> local() {
    List<ZooEntry> local = Zoo.bundled().list().stream().filter(e -> !e.isRemote()).toList();
    assertFalse(local.isEmpty());
    return local;
  }

  @Test
  void isTheRepositorysZoo() {
    assertEquals(
        Zoo.at(ZOO).list().stream().map(ZooEntry::listing).toList(),
        Zoo.bundled().list().stream().map(ZooEntry::listing).toList());
  }

  @Test
  void hasTheIndexThatItsFoldersGive() throws IOException {
    assertEquals(ZooPublisher.indexText(ZOO), Files.readString(ZOO.resolve("index.json")));
  }

  @Test
  void fitsItsArchitecture() {
    for (ZooEntry entry : local()) {
      assertEquals(entry.listing().parameters(), entry.weights().numel());
    }
  }

  @Test
  void loadsByName() {
    for (ZooEntry entry : local()) {
      try (Encoder encoder = Zoo.load(entry.name(), Device.cpu())) {
        assertEquals(entry.config(), encoder.config());
      }
    }
  }

  @Test
  void isSmallAndComplete() throws IOException {
    for (ZooEntry entry : local()) {
      assertTrue(entry.listing().size() <= MOST_BYTES, entry.name());
      assertTrue(entry.autoencoder().isPresent(), entry.name());
      assertFalse(entry.results().isEmpty(), entry.name() + ": no figures of these weights");
      assertTrue(entry.picture().isPresent(), entry.name() + ": no picture");
      assertFalse(entry.listing().exports().isEmpty(), entry.name() + ": no exports");
      assertTrue(entry.training().epochs() > 0, entry.name());
      assertEquals(
          entry.text("config.json"),
          Safetensors.metadata(ZOO.resolve(entry.name()).resolve("encoder.safetensors"))
              .get("lacuna.config"));
    }
  }

  @Test
  void hasTheCardsThatItsFilesGive() throws IOException {
    Path cards = ROOT.resolve("model-cards");
    List<String> expected =
        Zoo.at(ZOO).list().stream().map(entry -> entry.name() + ".md").sorted().toList();
    List<String> found = List.of();
    if (Files.isDirectory(cards)) {
      try (Stream<Path> files = Files.list(cards)) {
        found =
            files
                .map(file -> String.valueOf(file.getFileName()))
                .filter(file -> !file.endsWith(".png"))
                .sorted()
                .toList();
      }
    }
    assertEquals(expected, found);
    for (ZooEntry entry : Zoo.at(ZOO).list()) {
      assertEquals(
          ModelCard.of(entry),
          Files.readString(cards.resolve(entry.name() + ".md")),
          "generate the cards again");
      if (entry.picture().isPresent()) {
        assertArrayEquals(
            entry.picture().get(), Files.readAllBytes(cards.resolve(entry.name() + ".png")));
      }
    }
  }

  @Test
  void hasTheStudiesInTheReadme() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    for (ZooEntry entry : Zoo.at(ZOO).list()) {
      assertEquals(StudyTable.renew(readme, entry), readme, "run 'lacuna zoo cards'");
      assertTrue(
          entry.studies().isEmpty() || readme.contains(StudyTable.of(entry.studies())),
          entry.name());
    }
  }
}
