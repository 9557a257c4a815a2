package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.cache.DownloadProgress;
import ai.lacuna.cache.FileServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A private zoo behind a login, whose server hands large files to another one. */
class ZooTokenTest {
  private static final String NAME = "vit_tiny.test";
  private static final String PROPERTY = "lacuna.zoo_token";
  private static final String TOKEN = "s3cret-t0ken";

  private final Path cache;
  private final FileServer server = new FileServer();
  private final FileServer elsewhere = new FileServer();
  private final List<String> shown = new CopyOnWriteArrayList<>();
  private final List<String> shownElsewhere = new CopyOnWriteArrayList<>();
  private final List<String> said = new CopyOnWriteArrayList<>();

  ZooTokenTest(@TempDir Path zoo, @TempDir Path cache) throws IOException {
    this.cache = cache;
    TinyEntries.publish(zoo, NAME, 1);
    server.putAll("/models/", zoo);
    elsewhere.putAll("/models/", zoo);
    elsewhere.behave(
        (exchange, file) -> {
          shownElsewhere.add(String.valueOf(exchange.getRequestHeaders().get("Authorization")));
          FileServer.ranges(exchange, file);
        });
    server.behave(
        (exchange, file) -> {
          String authorization = exchange.getRequestHeaders().getFirst("Authorization");
          shown.add(String.valueOf(authorization));
          String path = exchange.getRequestURI().getPath();
          if (!("Bearer " + TOKEN).equals(authorization)) {
            exchange.sendResponseHeaders(401, -1);
          } else if (path.endsWith(".safetensors")) {
            exchange.getResponseHeaders().set("Location", elsewhere.at(path).toString());
            exchange.sendResponseHeaders(302, -1);
          } else {
            FileServer.ranges(exchange, file);
          }
        });
  }

  @AfterEach
  void stop() {
    System.clearProperty(PROPERTY);
    server.close();
    elsewhere.close();
  }

  private ZooSettings settings() {
    return ZooSettings.fromEnvironment()
        .withZoo(server.at("/models/").toString())
        .withCache(cache)
        .withProgress(
            new DownloadProgress() {
              @Override
              public void begin(String what, long done, long total) {
                said.add(what);
              }

              @Override
              public void advance(long done) {}

              @Override
              public void end() {}

              @Override
              public void say(String line) {
                said.add(line);
              }
            });
  }

  @Test
  void isShownToTheZoosServerAlone() throws IOException {
    System.setProperty(PROPERTY, TOKEN);
    ZooSettings settings = settings();
    ZooEntry entry = Zoo.open(settings).require(NAME);
    entry.fetch(true);

    assertTrue(entry.isHere());
    assertTrue(shown.size() > 2 && shown.stream().allMatch(("Bearer " + TOKEN)::equals));
    assertTrue(shownElsewhere.size() > 0 && shownElsewhere.stream().allMatch("null"::equals));
    assertFalse(said.toString().contains(TOKEN) || settings.toString().contains(TOKEN));
    try (Stream<Path> files = Files.walk(cache)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertFalse(
            Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1).contains(TOKEN),
            file.toString());
      }
    }
  }

  @Test
  void isAskedForWhereItIsMissing() {
    for (Map.Entry<String, String> each :
        Map.of("", "found status 401; set LACUNA_ZOO_TOKEN", "wrong", "found status 401")
            .entrySet()) {
      System.setProperty(PROPERTY, each.getKey());
      String message =
          String.valueOf(assertThrows(ZooException.class, () -> Zoo.open(settings())).getMessage());
      assertTrue(message.contains(each.getValue()), message);
      assertFalse(message.contains("wrong"), message);
    }
  }

  @Test
  void passwordsInAddressesAreRefusedUnshown() {
    String address = server.at("/models/").toString().replace("://", "://me:" + TOKEN + "@");
    String message =
        String.valueOf(
            assertThrows(ZooException.class, () -> Zoo.at(settings().withZoo(address)))
                .getMessage());
    assertTrue(message.contains("without name and password"), message);
    assertFalse(message.contains(TOKEN), message);
    assertEquals(List.of(), shown);
  }
}
