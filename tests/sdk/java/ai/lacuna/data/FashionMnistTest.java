package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistTest {
  private final Path folder;

  FashionMnistTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void bundlesABalancedSample() throws IOException {
    LabelledData data = LabelledData.open("fashion-mnist-sample");
    assertEquals(4000, data.train().size());
    assertEquals(1000, data.test().size());
    for (ImageDataset part : List.of(data.train(), data.test())) {
      int[] counts = new int[10];
      for (int i = 0; i < part.size(); i++) {
        counts[part.label(i)]++;
      }
      for (int count : counts) {
        assertEquals(part.size() / 10, count);
      }
      assertEquals("Ankle boot", part.classNames().get(9));
      assertEquals("Pixels[28, 28, 1]", part.get(0).pixels().toString());
    }
  }

  @Test
  void refusesAnotherDataSetUnderTheSameFileNames() throws IOException {
    write();
    DataException e = assertThrows(DataException.class, () -> FashionMnist.open(folder));
    assertTrue(e.toString().contains("MNIST uses them too"), e.toString());
    LabelledData plain = LabelledData.open(folder.toString());
    assertEquals(3, plain.train().size());
  }

  @Test
  void saysWhichFilesAreExpected() throws IOException {
    write();
    Files.delete(folder.resolve("t10k-labels-idx1-ubyte"));
    DataException e = assertThrows(DataException.class, () -> FashionMnist.open(folder));
    assertTrue(e.toString().contains("t10k-labels-idx1-ubyte"), e.toString());
    assertThrows(DataException.class, () -> LabelledData.open(folder.toString()));
    assertThrows(DataException.class, () -> LabelledData.open("no-such-data"));
  }

  @Test
  void looksWhereTheUserSaysFirst() {
    Path cache = FashionMnist.cache(Map.of(), Path.of("/home/a"));
    assertEquals(Path.of("/home/a/.cache/lacuna/data/fashion-mnist"), cache);
    assertEquals(
        Path.of("/c/data/fashion-mnist"),
        FashionMnist.cache(Map.of("LACUNA_CACHE", "/c"), Path.of("/home/a")));
    List<Path> places = FashionMnist.places(Map.of("LACUNA_DATA", "/d"), cache);
    assertEquals(
        List.of(
            Path.of("/d"),
            Path.of("/d/fashion-mnist"),
            Path.of("/usr/share/datasets/fashion-mnist"),
            cache),
        places);
  }

  private void write() throws IOException {
    for (String name : IdxFiles.NAMES) {
      byte[] content =
          name.contains("images")
              ? IdxDatasetTest.images(3, 28, 28)
              : IdxDatasetTest.labels(0, 1, 2);
      Files.write(folder.resolve(name), content);
    }
  }
}
