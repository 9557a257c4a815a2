package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
  private static final byte[] CONTENT = "what the file holds".getBytes(StandardCharsets.UTF_8);
  private static final String SHA256 =
      HexFormat.of().formatHex(Fingerprint.sha256().digest(CONTENT));

  private static final Duration PATIENCE = Duration.ofMillis(600);

  private final CountDownLatch ended = new CountDownLatch(1);
  private final ExecutorService workers = Executors.newCachedThreadPool();
  private final Path folder;
  private final HttpServer server;

  DownloadTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  }

  @BeforeEach
  void serve() throws IOException {
    byte[] whole = IdxDatasetTest.gzip(CONTENT);
    byte[] other = IdxDatasetTest.gzip(new byte[3]);
    serve("/good/a.gz", whole);
    serve("/cut/a.gz", Arrays.copyOf(whole, whole.length - 9));
    serve("/other/a.gz", other);
    server.createContext(
        "/stalls/a.gz",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, whole.length);
            exchange.getResponseBody().write(whole, 0, 5);
            exchange.getResponseBody().flush();
            ended.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.createContext(
        "/slow/a.gz",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, whole.length);
            for (int i = 0; i < whole.length; i += 8) {
              exchange.getResponseBody().write(whole, i, Math.min(8, whole.length - i));
              exchange.getResponseBody().flush();
              Thread.sleep(PATIENCE.toMillis() / 3);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.createContext(
        "/moved/a.gz",
        exchange -> {
          try (exchange) {
            exchange.getResponseHeaders().add("Location", "../good/a.gz");
            exchange.sendResponseHeaders(302, -1);
          }
        });
    server.setExecutor(workers);
    server.start();
  }

  private void serve(String path, byte[] body) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
  }

  @AfterEach
  void stop() {
    ended.countDown();
    server.stop(0);
    workers.shutdownNow();
  }

  @Test
  void takesTheFirstServerThatHasTheFileWhole() throws IOException {
    download("missing", "cut", "other", "good").into(folder.resolve("deep"));
    assertArrayEquals(
        IdxDatasetTest.gzip(CONTENT), Files.readAllBytes(folder.resolve("deep").resolve("a.gz")));
  }

  @Test
  void leavesNothingBehindWhenAllFail() throws IOException {
    DataException e =
        assertThrows(DataException.class, () -> download("missing", "cut", "other").into(folder));
    assertTrue(e.toString().contains("status 404"), e.toString());
    assertTrue(e.toString().contains("expected SHA-256 " + SHA256), e.toString());
    assertTrue(e.toString().contains("LACUNA_DATA"), e.toString());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void leavesAServerThatStallsWithinTheFile() throws IOException {
    DataException e =
        assertThrows(DataException.class, () -> download("stalls", "missing").into(folder));
    assertTrue(
        e.toString().contains("stalls/a.gz: the server sent nothing for 0.6 s after 5 bytes and "),
        e.toString());
    download("stalls", "good").into(folder);
    assertArrayEquals(IdxDatasetTest.gzip(CONTENT), Files.readAllBytes(folder.resolve("a.gz")));
  }

  /** All of it takes longer than the patience. */
  @Test
  void waitsForAServerThatIsSlowAndGoesOn() throws IOException {
    long began = System.nanoTime();
    download("slow").into(folder);
    assertTrue(System.nanoTime() - began > PATIENCE.toNanos(), "slow enough to tell");
  }

  @Test
  void followsARedirection() throws IOException {
    download("moved").into(folder);
    assertTrue(Files.exists(folder.resolve("a.gz")));
  }

  @Test
  void doesNotFetchWhatIsThere() throws IOException {
    Files.writeString(folder.resolve("a.gz"), "there");
    download("good").into(folder);
    assertEquals("there", Files.readString(folder.resolve("a.gz")));
  }

  private Download download(String... servers) {
    String root = "http://localhost:" + server.getAddress().getPort() + "/";
    List<URI> mirrors = Stream.of(servers).map(s -> URI.create(root + s + "/")).toList();
    return new Download(mirrors, "a.gz", SHA256, PATIENCE);
  }
}
