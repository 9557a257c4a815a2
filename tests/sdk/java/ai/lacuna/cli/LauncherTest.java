package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code lacuna}, on a build that is done and a Java that prints its environment. */
class LauncherTest {
  private final Path home;
  private final Path java;

  LauncherTest(@TempDir Path folder) {
    this.home = folder.resolve("lacuna home");
    this.java = folder.resolve("jdk");
  }

  @BeforeEach
  void build() throws IOException {
    Path target = Files.createDirectories(home.resolve("src/sdk/target"));
    Path root = Path.of(System.getProperty("lacuna.root", "."));
    Files.copy(root.resolve("lacuna"), home.resolve("lacuna"));
    Files.createFile(home.resolve("pom.xml"));
    Files.createFile(target.resolve("classpath"));
    Path program = Files.createDirectories(java.resolve("bin")).resolve("java");
    Files.writeString(program, "#!/bin/sh\nenv\n");
    assertTrue(program.toFile().setExecutable(true));
    Files.writeString(java.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
  }

  /** The lines of the environment that Java is given. */
  private List<String> environment(Map<String, String> outer) throws Exception {
    Path output = home.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder("bash", home.resolve("lacuna").toString(), "doctor")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("LC_") || name.startsWith("LANG"));
    environment.keySet().removeAll(List.of("OPT_OUT_TRACKING", "ORT_DISABLE_TELEMETRY"));
    environment.put("JAVA_HOME", java.toString());
    environment.putAll(outer);
    Process process = builder.start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "expected an end, found none");
    List<String> lines = Files.readAllLines(output);
    assertEquals(0, process.exitValue(), lines.toString());
    return lines;
  }

  @Test
  void reportsToNobody() throws Exception {
    List<String> lines = environment(Map.of());
    assertTrue(lines.contains("OPT_OUT_TRACKING=true"), lines.toString());
    assertTrue(lines.contains("ORT_DISABLE_TELEMETRY=1"), lines.toString());
  }

  @Test
  void namesOfFilesAreUtf8InTheCLocale() throws Exception {
    for (Map<String, String> c :
        List.of(
            Map.<String, String>of(),
            Map.of("LC_ALL", "C", "LANG", "en_GB.UTF-8"),
            Map.of("LC_CTYPE", "POSIX"))) {
      List<String> lines = environment(c);
      assertTrue(lines.contains("LC_ALL=C.UTF-8"), lines.toString());
    }
    List<String> lines = environment(Map.of("LANG", "de_DE.ISO-8859-1"));
    assertTrue(lines.contains("LANG=de_DE.ISO-8859-1"), lines.toString());
    assertFalse(lines.stream().anyMatch(line -> line.startsWith("LC_ALL=")), lines.toString());
  }
}
