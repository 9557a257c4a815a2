package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.cache.FileServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of a zoo on a server, from the command line. */
class ZooFilesTest {
  private static final String NAME = "vit_tiny_patch4_48.mae";
  private static final String CACHE = "lacuna.cache";

  private final Path folder;
  private final FileServer server = new FileServer();

  ZooFilesTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
  }

  @BeforeEach
  void serve() throws IOException {
    Path file = folder.resolve("mae.pth");
    try (InputStream fixture =
        Objects.requireNonNull(
            ZooFilesTest.class.getResourceAsStream("/fixtures/import/mae-encoder.pth"))) {
      Files.copy(fixture, file);
    }
    CommandLineRun made =
        CommandLineRun.of(
            "import",
            "--from",
            file.toString(),
            "--heads",
            "2",
            "--name",
            NAME,
            "--zoo",
            folder.resolve("zoo").toString(),
            "--license",
            "CC-BY-NC-4.0");
    assertEquals(0, made.code(), made.err());
    server.putAll("/", folder.resolve("zoo"));
    System.setProperty(CACHE, folder.resolve("cache").toString());
  }

  @AfterEach
  void stop() {
    System.clearProperty(CACHE);
    server.close();
  }

  private CommandLineRun zoo(String... words) {
    String[] all = new String[words.length + 3];
    all[0] = "zoo";
    System.arraycopy(words, 0, all, 1, words.length);
    all[words.length + 1] = "--zoo";
    all[words.length + 2] = server.at("/").toString();
    return CommandLineRun.of(all);
  }

  private String out(String... words) {
    CommandLineRun run = zoo(words);
    assertEquals(0, run.code(), run.err());
    return run.out();
  }

  @Test
  void arePulledVerifiedAndRemoved() throws IOException {
    assertTrue(out("list", "vit_tiny*").matches("(?s).*" + NAME + ".* - .*"));
    assertTrue(out("show", NAME).contains("no, is fetched when used"));
    assertTrue(out("verify", NAME).contains("absent    " + NAME + "/encoder.safetensors"));

    Path weights = Path.of(out("pull", "vit_tiny*").strip().replaceFirst("^" + NAME + ": ", ""));
    assertTrue(weights.startsWith(folder.resolve("cache")), weights.toString());
    assertEquals(weights.toString(), out("path", NAME, "--offline").strip());
    assertEquals(folder.resolve("cache").toString(), out("path").strip());
    assertTrue(out("verify", NAME).contains("ok        " + NAME + "/encoder.safetensors"));

    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    CommandLineRun damaged = zoo("verify", NAME);
    assertEquals(2, damaged.code());
    assertTrue(damaged.out().contains("damaged   " + NAME + "/encoder.safetensors: "));
    assertTrue(
        damaged.err().contains("lacuna: 1 damaged file; 'lacuna zoo pull' fetches it again"),
        damaged.err());
    out("pull", NAME);
    assertTrue(out("verify", NAME).contains("ok        " + NAME + "/encoder.safetensors"));

    assertTrue(out("remove", NAME).matches(NAME + ": \\d+\\.\\d MB removed\\s*"));
    assertTrue(Files.notExists(weights));
    assertEquals(
        NAME + ": nothing to remove, no file of it has been fetched", out("remove", NAME).strip());
  }

  @Test
  void areNamedWhereTheyCannotBeHad() {
    for (String[] each :
        new String[][] {
          {NAME, "--offline", "/index.json: expected a copy at "},
          {"vit_tiny_patch4_48.mea", "--debug", "did you mean " + NAME},
        }) {
      CommandLineRun run = zoo("pull", each[0], each[1]);
      assertEquals(2, run.code());
      assertTrue(run.err().lines().findFirst().orElse("").contains(each[2]), run.err());
    }
  }
}
