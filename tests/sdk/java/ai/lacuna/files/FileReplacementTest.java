package ai.lacuna.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
  void removesWhatKilledProcessesLeftAndNothingElse() throws IOException {
    long own = ProcessHandle.current().pid();
    for (String left : List.of(".a.json.999999999-17.part", "..lock.999999999-1.part")) {
      Files.writeString(folder.resolve(left), "half");
    }
    List<Path> others = new ArrayList<>();
    for (String other :
        List.of("a.json", ".b.json." + own + "-17.part", ".c.part", "d.999999999-1.part")) {
      others.add(Files.writeString(folder.resolve(other), "whole"));
    }
    others.add(Files.createDirectory(folder.resolve(".e.999999999-1.part")));
    FileReplacement.removeAbandoned(folder);
    FileReplacement.removeAbandoned(folder.resolve("none"));
    assertEquals(Set.copyOf(others), Set.copyOf(files()));
  }

  @Test
  void makesMissingFolders() throws IOException {
    Path file = folder.resolve("a").resolve("b").resolve("c.txt");
    FileReplacement.write(file, "text");

    assertEquals("text", Files.readString(file));
  }
}
