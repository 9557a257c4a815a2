package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooTableTest {
  private final Path zoo;

  ZooTableTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  @Test
  void alignsAColumnForEachFact() throws IOException {
    TinyEntries.publish(zoo, "vit_tiny.measured", 1);
    TinyEntries.publish(zoo, "vit_tiny.b", 2);
    ZooResultsTest.record(
        zoo,
        "vit_tiny.measured",
        ZooResultsTest.accuracy("linear-probe", 80),
        "lacuna probe",
        Duration.ofSeconds(1));

    assertEquals(
        """
        name               input  width  blocks  parameters  MB   here  first result
        vit_tiny.b         8x8x1  8      1       800         0.0  yes   -
        vit_tiny.measured  8x8x1  8      1       800         0.0  yes   80.00 % linear-probe noise
        """,
        ZooTable.list(Zoo.at(zoo).list()));
  }

  @Test
  void showsEverythingAboutAnEntry() throws IOException {
    String text = ZooTable.show(TinyEntries.publish(zoo, "vit_tiny.test", 1));

    assertTrue(text.startsWith("vit_tiny.test\nA tiny encoder for tests.\n"), text);
    assertTrue(text.contains("trained for          2 epochs, 90.0 min\n"), text);
    assertTrue(text.contains("recipe               lacuna pretrain --tiny\n"), text);
  }

  @Test
  void saysWhenNothingMatches() {
    assertEquals("no entries\n", ZooTable.list(List.of()));
  }
}
