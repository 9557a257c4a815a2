package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxEnvironmentTest {
  private static final int LONG = 100_000;

  /** A JVM of its own, with a class path as long as an application server's. */
  @Test
  void startsInAProcessWithALongCommandLine(@TempDir Path folder) throws Exception {
    TinyBundle.copyTo(folder);
    String classPath = System.getProperty("java.class.path");
    StringBuilder padded = new StringBuilder(classPath);
    while (padded.length() < LONG) {
      padded.append(System.getProperty("path.separator")).append(folder).append("/absent.jar");
    }
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xss512k",
                    "-cp",
                    padded.toString(),
                    Main.class.getName(),
                    folder.toString()))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS), "expected an end, found none");
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), text);
    assertTrue(text.contains("32 features"), text);
  }

  /** What the other process runs. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
      try (OnnxEncoder encoder = OnnxEncoder.open(Path.of(args[0]))) {
        System.out.println(encoder.embed(Pixels.of(28, 28, 1, new byte[784])).length + " features");
      }
    }
  }
}
