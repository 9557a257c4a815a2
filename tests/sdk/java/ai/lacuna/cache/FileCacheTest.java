package ai.lacuna.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCacheTest {
  static final Patience SHORT =
      new Patience(Duration.ofSeconds(20), Duration.ofSeconds(20), 3, Duration.ofMillis(1));
  private static final long MOST_UNKNOWN = 64L << 30;
  private static final String PLACE = "zoos/here/vit/weights.bin";

  private final Path root;
  private final FileServer server = new FileServer();
  private final byte[] file = new byte[200_000];
  private final Said said = new Said();

  FileCacheTest(@TempDir Path root) throws IOException {
    this.root = root;
    new Random(1).nextBytes(file);
    server.put("/weights.bin", file);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** Keeps what is said. */
  static final class Said implements DownloadProgress {
    final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    long last;

    @Override
    public void begin(String what, long done, long total) {
      lines.add("begin " + what + " " + done + "/" + total);
    }

    @Override
    public void advance(long done) {
      last = done;
    }

    @Override
    public void end() {
      lines.add("end");
    }

    @Override
    public void say(String line) {
      lines.add(line);
    }
  }

  private FileCache cache() {
    return cache(false);
  }

  private FileCache cache(boolean offline) {
    return new FileCache(new CacheSettings(root, offline), said, SHORT, DiskSpace.REAL);
  }

  private RemoteFile known() throws IOException {
    Path whole = Files.write(root.resolve("whole"), file);
    return RemoteFile.of(server.at("/weights.bin"), file.length, Digests.of(Digests.SHA256, whole));
  }

  private RemoteFile unknown() {
    return new RemoteFile(server.at("/weights.bin"), RemoteFile.UNKNOWN_SIZE, "", "");
  }

  private static String message(org.junit.jupiter.api.function.Executable action) {
    return String.valueOf(assertThrows(DownloadException.class, action).getMessage());
  }

  /** Names in the folder of the file. */
  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("zoos/here/vit"))) {
      return files.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    }
  }

  @Test
  void fetchesOnceAndSaysHowFarItIs() throws IOException {
    Path fetched = cache().fetch(PLACE, known());
    assertArrayEquals(file, Files.readAllBytes(fetched));
    assertEquals(fetched, cache().fetch(PLACE, known()));

    assertEquals(List.of("/weights.bin"), server.requests());
    assertEquals(List.of("begin weights.bin 0/200000", "end"), said.lines);
    assertEquals(file.length, said.last);
    assertEquals(List.of("weights.bin"), names());
  }

  @Test
  void checksAtEveryUse() throws IOException {
    Path fetched = cache().fetch(PLACE, known());
    byte[] damaged = file.clone();
    damaged[77] ^= 1;
    Files.write(fetched, damaged);
    assertTrue(message(() -> cache(true).fetch(PLACE, known())).contains("found another one"));

    assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, known())));
    assertTrue(said.lines.contains(fetched + ": is not the expected file; fetching it again"));
  }

  @Test
  void asksNobodyOffline() throws IOException {
    String message = message(() -> cache(true).fetch(PLACE, known()));

    assertTrue(message.contains("/weights.bin: expected the file at " + root), message);
    assertTrue(message.contains("LACUNA_OFFLINE"), message);
    assertEquals(List.of(), server.requests());
    Files.createDirectories(root.resolve("zoos/here/vit"));
    Files.write(root.resolve(PLACE), file);
    assertArrayEquals(file, Files.readAllBytes(cache(true).fetch(PLACE, known())));
  }

  @Test
  void goesOnAfterEachOfAHundredCuts() throws IOException {
    Random random = new Random(5);
    for (int i = 0; i < 100; i++) {
      int cut = random.nextInt(file.length);
      Files.deleteIfExists(root.resolve(PLACE));
      server.requests().clear();
      server.behave(FileServer.cutAt(cut));
      // The server ends every connection at the same place: no attempt gets further.
      assertTrue(message(() -> cache().fetch(PLACE, known())).contains("try again"));
      assertFalse(Files.exists(root.resolve(PLACE)));
      server.behave(FileServer::ranges);
      assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, known())), "cut " + cut);
      assertEquals(
          cut == 0 ? "/weights.bin" : "/weights.bin bytes=" + cut + "-",
          server.requests().get(server.requests().size() - 1));
      assertEquals(List.of("weights.bin"), names());
    }
  }

  @Test
  void goesOnWithinOneCall() throws IOException {
    server.behaveInTurn(
        FileServer.cutAt(70_000),
        FileServer.status(500),
        FileServer.cutAt(120_000),
        FileServer.status(503),
        FileServer::ranges);

    assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, known())));
    assertEquals("/weights.bin bytes=120000-", server.requests().get(4));
  }

  /** Each way to lie about the second half of a file whose first half is here. */
  @Test
  void believesNoServer() throws IOException {
    int half = file.length / 2;
    byte[] other = new byte[file.length];
    new Random(2).nextBytes(other);
    FileServer.Behaviour[] lies = {
      FileServer::whole, // 200 in place of 206
      FileServer.status(416),
      (x, f) -> FileServer.part(x, f, 0, "bytes 0-199999/200000"), // the whole as 206
      (x, f) -> FileServer.part(x, f, 0, "bytes 100000-199999/200000"), // more than it says
      (x, f) -> FileServer.part(x, f, half, "bytes 0-99999/200000"),
      (x, f) -> FileServer.part(x, f, half, "bytes 100000-199999/300000"), // another length
      (x, f) -> FileServer.part(x, f, half, "bites"),
      (x, f) -> FileServer.part(x, other, half, "bytes 100000-199999/200000"), // other bytes
      (x, f) -> { // another version
        x.getResponseHeaders().set("ETag", "\"another\"");
        FileServer.part(x, other, half, "bytes 100000-199999/200000");
      },
      (x, f) -> { // ends too early, and says so
        x.getResponseHeaders().set("Content-Range", "bytes 100000-199999/200000");
        x.sendResponseHeaders(206, 10);
        x.getResponseBody().write(f, half, 10);
      },
    };
    for (int i = 0; i < lies.length; i++) {
      Files.deleteIfExists(root.resolve(PLACE));
      server.behaveInTurn(FileServer.cutAt(half), lies[i], FileServer::ranges);

      assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, known())), "lie " + i);
      assertEquals(List.of("weights.bin"), names(), "lie " + i);
    }
  }

  /** Each way to give something else from the start; nothing of it is kept. */
  @Test
  void refusesOtherFiles() throws IOException {
    byte[] other = new byte[file.length];
    new Random(2).nextBytes(other);
    List<Object[]> cases =
        List.of(
            new Object[] {
              "expected SHA-256", (FileServer.Behaviour) (x, f) -> FileServer.whole(x, other)
            },
            new Object[] {
              "found that the server has 200,001",
              (FileServer.Behaviour) (x, f) -> FileServer.whole(x, new byte[200_001])
            },
            new Object[] {
              "expected 200,000 bytes, found more",
              (FileServer.Behaviour)
                  (x, f) -> {
                    x.sendResponseHeaders(200, 0); // chunked, without end
                    try {
                      for (int i = 0; i < 10_000; i++) {
                        x.getResponseBody().write(f);
                      }
                    } catch (IOException e) {
                      // The reader has gone, as it should.
                    }
                  }
            },
            new Object[] {
              "found a web page",
              (FileServer.Behaviour)
                  (x, f) -> {
                    x.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                    FileServer.whole(x, "<html>log in".getBytes(StandardCharsets.UTF_8));
                  }
            },
            new Object[] {"status 403", FileServer.status(403)},
            new Object[] {"status 500 (3 tries)", FileServer.status(500)},
            new Object[] {
              "(3 tries)", (FileServer.Behaviour) (x, f) -> FileServer.part(x, f, 0, "bytes 0-1/2")
            });
    for (Object[] each : cases) {
      server.behave((FileServer.Behaviour) each[1]);
      String message = message(() -> cache().fetch(PLACE, known()));
      assertTrue(message.contains((String) each[0]), message);
      assertEquals(List.of(), names(), message);
    }
  }

  @Test
  void followsRedirectionsButNotToElsewhere() throws IOException {
    server.put("/old", file);
    server.behave(
        (exchange, bytes) -> {
          if (exchange.getRequestURI().getPath().equals("/old")) {
            exchange.getResponseHeaders().set("Location", "weights.bin");
            exchange.sendResponseHeaders(302, -1);
          } else {
            FileServer.ranges(exchange, bytes);
          }
        });
    RemoteFile old = new RemoteFile(server.at("/old"), file.length, known().sha256(), "");
    assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, old)));

    for (String location : List.of("file:///etc/passwd", "ftp://x/y", "/weights .bin")) {
      Files.deleteIfExists(root.resolve(PLACE));
      server.behave(
          (exchange, bytes) -> {
            exchange.getResponseHeaders().set("Location", location);
            exchange.sendResponseHeaders(301, -1);
          });
      assertTrue(message(() -> cache().fetch(PLACE, old)).contains("cannot be redirected"));
    }
    server.behave(
        (exchange, bytes) -> {
          exchange.getResponseHeaders().set("Location", "/old");
          exchange.sendResponseHeaders(307, -1);
        });
    assertTrue(message(() -> cache().fetch(PLACE, old)).contains("more than 10 redirections"));
  }

  @Test
  void neverGoesFromHttpsToHttp() {
    assertTrue(
        message(() -> HttpReply.redirected(java.net.URI.create("https://a/b"), "http://a/b"))
            .contains("https only"));
  }

  @Test
  void trustsTheFirstDownloadWhereNoDigestIsKnown() throws IOException {
    Path fetched = cache().fetch(PLACE, unknown());
    String digest = Digests.of(Digests.SHA256, fetched);
    assertEquals(digest + "  weights.bin\n", Files.readString(root.resolve(PLACE + ".sha256")));
    assertTrue(
        said.lines.contains(
            "weights.bin: nobody has published its SHA-256; "
                + digest
                + " is trusted from now on"));

    // Damaged here: the same is fetched again. Changed there: refused.
    Files.write(fetched, new byte[3]);
    assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, unknown())));
    Files.write(fetched, new byte[3]);
    server.put("/weights.bin", new byte[] {1, 2, 3});
    String message = message(() -> cache().fetch(PLACE, unknown()));
    assertTrue(message.contains("expected SHA-256 " + digest), message);
  }

  @Test
  void checksTheDigitsOfAnMd5ThatAreKnown() throws IOException {
    String md5 = Digests.of(Digests.MD5, Files.write(root.resolve("whole"), file));
    RemoteFile right =
        new RemoteFile(server.at("/weights.bin"), file.length, "", md5.substring(0, 6));
    RemoteFile wrong = new RemoteFile(server.at("/weights.bin"), file.length, "", "000000");

    assertTrue(message(() -> cache().fetch("a/b", wrong)).contains("begins with 000000, found"));
    assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, right)));
  }

  @Test
  void mixesNoVersionsWithoutADigest() throws IOException {
    byte[] newer = file.clone();
    newer[0] ^= 1;
    newer[199_999] ^= 1;
    server.behave(FileServer.cutAt(100_000));
    message(() -> cache().fetch(PLACE, unknown()));
    server.put("/weights.bin", newer);
    server.behave(FileServer::ranges);

    assertArrayEquals(newer, Files.readAllBytes(cache().fetch(PLACE, unknown())));
    assertEquals("/weights.bin bytes=100000-", server.requests().get(server.requests().size() - 1));
  }

  @Test
  void looksForSpaceFirst() throws IOException {
    FileCache full =
        new FileCache(new CacheSettings(root, false), said, SHORT, folder -> 1_000_000);
    String message = message(() -> full.fetch(PLACE, known()));

    assertTrue(message.contains("weights.bin: expected 1,248,576 bytes free in "), message);
    assertTrue(message.contains("found 1,000,000"), message);
    assertEquals(List.of(), server.requests());
    assertTrue(message(() -> full.fetch(PLACE, unknown())).contains("bytes free in "));
  }

  @Test
  void endsWaitingForASilentServer() throws IOException {
    FileCache hasty =
        new FileCache(
            new CacheSettings(root, false),
            said,
            new Patience(Duration.ofSeconds(5), Duration.ofMillis(100), 2, Duration.ofMillis(1)),
            DiskSpace.REAL);
    server.behave(
        (exchange, bytes) -> {
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes, 0, 10);
          exchange.getResponseBody().flush();
          try {
            Thread.sleep(60_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });

    assertTrue(message(() -> hasty.fetch(PLACE, known())).contains("SocketTimeoutException"));
  }

  @Test
  void keepsACopyOfWhatChanges() throws IOException {
    RemoteFile index = new RemoteFile(server.at("/index.json"), -1, "", "");
    assertTrue(message(() -> cache(true).latest("i/index.json", index, 10)).contains("found none"));
    assertTrue(message(() -> cache().latest("i/index.json", index, 10)).contains("status 404"));
    server.put("/index.json", new byte[] {1});
    assertArrayEquals(new byte[] {1}, cache().latest("i/index.json", index, 10));
    server.put("/index.json", new byte[] {2});
    assertArrayEquals(new byte[] {2}, cache().latest("i/index.json", index, 10));
    assertEquals(List.of(), said.lines);

    server.behave(FileServer.status(500));
    assertArrayEquals(new byte[] {2}, cache().latest("i/index.json", index, 10));
    assertTrue(said.lines.get(0).contains("is used, for "), said.lines.get(0));
    assertArrayEquals(new byte[] {2}, cache(true).latest("i/index.json", index, 10));
    server.behave((exchange, bytes) -> FileServer.whole(exchange, new byte[11]));
    assertArrayEquals(new byte[] {2}, cache().latest("i/index.json", index, 10));
    assertTrue(said.lines.get(2).contains("expected at most 10 bytes"), said.lines.get(2));
  }

  /** A first index from a server that is overloaded, then cuts the connection. */
  @Test
  void asksAgainForWhatThereIsNoCopyOf() throws IOException {
    RemoteFile index = new RemoteFile(server.at("/index.json"), -1, "", "");
    server.put("/index.json", new byte[] {1, 2, 3});
    server.behaveInTurn(FileServer.status(503), FileServer.cutAt(2), FileServer::whole);
    assertArrayEquals(new byte[] {1, 2, 3}, cache().latest("i/index.json", index, 10));
    assertEquals(2, said.lines.size(), said.lines.toString());
    assertTrue(said.lines.get(0).contains("status 503; trying again"), said.lines.get(0));
    assertTrue(said.lines.get(1).contains("ended after 2 of 3 bytes"), said.lines.get(1));

    server.behave(FileServer.status(503));
    String refusal = message(() -> cache().latest("j/index.json", index, 10));
    assertTrue(refusal.contains("status 503 (3 tries); try again later"), refusal);
  }

  @Test
  void removesWhatIsNoLongerWanted() throws IOException {
    cache().fetch(PLACE, known());

    assertEquals(file.length, cache().remove("zoos/here/vit"));
    assertEquals(0, cache().remove("zoos/here/vit"));
    assertFalse(Files.exists(root.resolve("zoos/here/vit")));
    for (String place : List.of("", "..", "a/../../b", "/etc/passwd")) {
      assertThrows(IllegalArgumentException.class, () -> cache().remove(place), place);
    }
  }

  /** A server that says nothing of a length could fill the disk. */
  @Test
  void aFileOfUnknownLengthHasALimitToo() throws IOException {
    server.behave(
        (exchange, all) -> {
          exchange.sendResponseHeaders(200, MOST_UNKNOWN + 1);
          exchange.getResponseBody().flush();
        });
    String message = message(() -> cache().fetch(PLACE, unknown()));
    assertTrue(
        message.endsWith("expected at most 68,719,476,736 bytes, found more; nothing was kept"),
        message);

    Path part = root.resolve(PLACE + ".part");
    try (FileChannel sparse =
        FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      sparse.write(ByteBuffer.allocate(1), MOST_UNKNOWN - 11);
    }
    Files.writeString(root.resolve(PLACE + ".part.origin"), unknown().source() + "\n\"a\"\n");
    server.behaveInTurn(
        (exchange, all) -> {
          exchange.getResponseHeaders().set("ETag", "\"a\"");
          exchange
              .getResponseHeaders()
              .set("Content-Range", "bytes %s-%s/*".formatted(MOST_UNKNOWN - 10, MOST_UNKNOWN));
          exchange.sendResponseHeaders(206, 0);
          exchange.getResponseBody().write(all, 0, 11);
        },
        FileServer::whole);
    assertArrayEquals(file, Files.readAllBytes(cache().fetch(PLACE, unknown())));
    assertTrue(
        said.lines.stream()
            .anyMatch(line -> line.contains("expected at most 68,719,476,736 bytes")),
        said.lines.toString());
  }
}
