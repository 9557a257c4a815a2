package ai.lacuna.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileReplacementTest {
  private final Path folder;

  FileReplacementTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private List<Path> files() throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void replacesAndLeavesNothingBeside() throws IOException {
    Path file = folder.resolve("config.json");
    FileReplacement.write(file, "old");
    FileReplacement.write(file, "new");

    assertEquals("new", Files.readString(file));
    assertEquals(List.of(file), files());
  }

  @Test
  void keepsTheOldFileWhenWritingFails() throws IOException {
    Path file = folder.resolve("config.json");
    FileReplacement.write(file, "old");

    IOException failure =
        assertThrows(
            IOException.class,
            () ->
                FileReplacement.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[10]));
                      throw new IOException("disk full");
                    }));
    assertEquals(file + ": disk full", failure.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), files());
  }

  @Test
  void namesAFolderThatIsGivenForAFile() throws IOException {
    IOException refused =
        assertThrows(IOException.class, () -> FileReplacement.write(folder, "text"));
    assertEquals(folder + ": expected the name of a file, found a folder", refused.getMessage());
    assertEquals(List.of(), files());
  }

  @Test
  void makesMissingFolders() throws IOException {
    Path file = folder.resolve("a").resolve("b").resolve("c.txt");
    FileReplacement.write(file, "text");

    assertEquals("text", Files.readString(file));
  }
}
