package ai.lacuna.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewFolderTest {
  private final Path root;

  NewFolderTest(@TempDir Path root) {
    this.root = root;
  }

  private static void fill(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("deep"));
    Files.writeString(folder.resolve("deep/file"), "x");
  }

  private List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void appearsWithItsContentOnly() throws IOException {
    Path target = root.resolve("above/new");
    NewFolder.write(
        target,
        folder -> {
          fill(folder);
          assertFalse(Files.exists(target));
        });
    assertEquals("x", Files.readString(target.resolve("deep/file")));
    assertEquals(List.of("new"), names(root.resolve("above")));
  }

  @Test
  void takesThePlaceOfAnEmptyFolder() throws IOException {
    Path target = Files.createDirectory(root.resolve("empty"));
    NewFolder.write(target, NewFolderTest::fill);
    assertTrue(Files.exists(target.resolve("deep/file")));
  }

  @Test
  void refusesWhatIsThere() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "mine");
    Path folder = Files.createDirectory(root.resolve("folder"));
    Files.writeString(folder.resolve("file"), "mine");
    for (Path target : List.of(file, folder)) {
      assertThrows(
          FileAlreadyExistsException.class, () -> NewFolder.write(target, NewFolderTest::fill));
    }
    assertEquals("mine", Files.readString(file));
    assertEquals("mine", Files.readString(folder.resolve("file")));
    assertEquals(List.of("file", "folder"), names(root));
  }

  @Test
  void refusesWhatAppearedMeanwhile() throws IOException {
    Path target = root.resolve("new");
    assertThrows(
        FileAlreadyExistsException.class, () -> NewFolder.write(target, folder -> fill(target)));
    assertEquals("x", Files.readString(target.resolve("deep/file")));
    assertEquals(List.of("new"), names(root));
  }

  @Test
  void leavesNothingWhenWritingFails() throws IOException {
    IOException full = new IOException("disk full");
    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                NewFolder.write(
                    root.resolve("new"),
                    folder -> {
                      fill(folder);
                      throw full;
                    }));
    assertEquals(full, thrown);
    assertEquals(List.of(), names(root));
  }
}
