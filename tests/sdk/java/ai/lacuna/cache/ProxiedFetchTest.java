package ai.lacuna.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that only its proxy can find. */
class ProxiedFetchTest {
  private static final URI ADDRESS = URI.create("http://zoo.invalid/models/a.bin");
  private static final byte[] FILE = {1, 2, 3};

  private final Path root;
  private FileServer proxy;

  ProxiedFetchTest(@TempDir Path root) {
    this.root = root;
  }

  @BeforeEach
  void start() throws Exception {
    proxy = new FileServer();
    proxy.put("/models/a.bin", FILE);
  }

  @AfterEach
  void stop() {
    System.clearProperty("http.proxyHost");
    System.clearProperty("http.proxyPort");
    proxy.close();
  }

  @Test
  void goesThroughTheJvmsProxy() throws Exception {
    System.setProperty("http.proxyHost", "127.0.0.1");
    System.setProperty("http.proxyPort", Integer.toString(proxy.at("/").getPort()));

    assertArrayEquals(FILE, Files.readAllBytes(ProxiedFetch.fetch(root, ADDRESS)));
    assertEquals(List.of("/models/a.bin"), proxy.requests());
  }

  @Test
  void goesThroughTheEnvironmentsProxy() throws Exception {
    Path output = root.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            ProxiedFetch.class.getName(),
            root.toString(),
            ADDRESS.toString());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.toLowerCase(java.util.Locale.ROOT).endsWith("_proxy"));
    builder.environment().put("http_proxy", proxy.at("/").toString());
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();

    assertTrue(ended && Files.readString(output).contains("FETCHED "), Files.readString(output));
    assertArrayEquals(FILE, Files.readAllBytes(root.resolve("a.bin")));
    assertEquals(List.of("/models/a.bin"), proxy.requests());
  }
}
