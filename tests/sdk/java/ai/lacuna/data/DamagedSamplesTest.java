package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.monitor.DamagedStripes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What those get who judge or draw images of which some are damaged. */
class DamagedSamplesTest {
  private static List<Long> spread(ImageDataset data, int most, double maxCorrupt) {
    List<Long> ids = new ArrayList<>();
    SpreadSamples.of(data, most, maxCorrupt, sample -> ids.add(sample.id()));
    return ids;
  }

  private static String refusal(ImageDataset data, int most, double maxCorrupt) {
    return String.valueOf(
        assertThrows(DataException.class, () -> spread(data, most, maxCorrupt)).getMessage());
  }

  @Test
  void wholeDataIsSpreadEvenly() {
    assertEquals(List.of(0L, 3L, 6L, 9L), spread(new DamagedStripes(12), 4, 0));
    assertEquals(List.of(0L, 1L, 2L), spread(new DamagedStripes(3), 8, 0));
  }

  @Test
  void theNextOneIsTakenInPlaceOfADamagedOne() {
    assertEquals(List.of(0L, 5L, 6L, 9L), spread(new DamagedStripes(12, 3, 4), 4, 0.5));
  }

  @Test
  void aPlaceWithoutAWholeOneIsLeftOut() {
    assertEquals(List.of(0L, 6L, 9L), spread(new DamagedStripes(12, 3, 4, 5), 4, 0.5));
  }

  @Test
  void tooManyDamagedOnesAreAnErrorThatNamesOne() {
    String message = refusal(new DamagedStripes(12, 3, 4), 4, 0.1);
    assertTrue(message.contains("expected at most 10 % of the samples damaged"), message);
    assertTrue(message.contains("sample 4: 4.png: expected a whole image"), message);
  }

  @Test
  void noneAtAllIsAnError() {
    assertTrue(refusal(new DamagedStripes(2, 0, 1), 2, 1).contains("found none; check the data"));
  }

  /** An image that can be read and not used is no damage: all others would be as it is. */
  @Test
  void anImageThatCannotBeUsedIsNamed() {
    String message =
        String.valueOf(
            assertThrows(
                    DataException.class,
                    () ->
                        SpreadSamples.of(
                            new DamagedStripes(4), 4, 1, s -> s.pixels().withChannels(5)))
                .getMessage());
    assertTrue(message.startsWith("damaged stripes, sample 0: image with 1 channels"), message);
  }

  @Test
  void aSampleOfTheSameLabelStandsIn() throws IOException {
    WithStandIns data = WithStandIns.of(new DamagedStripes(6, 1, 3));
    assertArrayEquals(
        new DamagedStripes(6).get(5).pixels().data(), data.get(1).pixels().data(), "1, 3, then 5");
    assertEquals(1, data.label(1));
    assertEquals(0, data.get(0).id());
    String message =
        String.valueOf(
            assertThrows(
                    IOException.class, () -> WithStandIns.of(new DamagedStripes(4, 0, 2)).get(2))
                .getMessage());
    assertTrue(message.contains("expected a whole image of its label, found none"), message);
  }

  /** As one that is removed while it is in use; the file system's exception has its path alone. */
  @Test
  void aFileThatIsGoneIsSaidToBe(@TempDir Path folder) throws IOException {
    Path there = Files.write(folder.resolve("a.png"), TarBuilder.png(1));
    Path gone = folder.resolve("b.png");
    ImageFolder data = ImageFolder.of(folder, List.of(), List.of(there, gone), List.of(-1, -1));
    try (Loader loader = Loader.builder(data).maxCorrupt(1).build()) {
      loader.forEach(batch -> assertEquals(2, batch.size()));
      assertEquals(
          List.of(
              "sample 1: "
                  + gone
                  + ": expected a file that can be read, found none; check the path and its"
                  + " permissions"),
          loader.damaged());
    }
  }
}
