package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictTest {

  @Test
  void asksForTheBundle() {
    assertOneLine(CommandLineRun.of("predict", "a.png"), "--bundle: expected a value");
  }

  @Test
  void namesTheMissingBundle() {
    assertOneLine(
        CommandLineRun.of("predict", "--bundle", "no-such-folder", "a.png"),
        "no-such-folder: no such file or directory, and no entry of the zoo; check the path, or see"
            + " 'lacuna zoo list'");
  }

  @Test
  void namesTheMissingImage(@TempDir Path directory) {
    assertOneLine(
        CommandLineRun.of("predict", "--bundle", directory.toString(), "no-such.png"),
        "no-such.png: no such file or directory");
  }

  @Test
  void saysThatAFolderIsNoBundle(@TempDir Path directory) throws Exception {
    Path image = Files.write(directory.resolve("a.png"), new byte[0]);
    assertOneLine(
        CommandLineRun.of("predict", "--bundle", directory.toString(), image.toString()),
        directory.resolve("manifest.json") + ": expected the manifest of a bundle");
  }

  @Test
  void refusesAnUnknownDevice(@TempDir Path directory) {
    assertOneLine(
        CommandLineRun.of("predict", "--bundle", directory.toString(), "--device", "tpu", "a.png"),
        "device: expected cpu, cuda or cuda:n, found tpu");
  }
}
