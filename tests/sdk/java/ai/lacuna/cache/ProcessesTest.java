package ai.lacuna.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cache among processes: real ones, that contend and that are killed. */
class ProcessesTest {
  private static final int PROCESSES = 16;
  private static final int ROUNDS = 20;

  /** Each takes a JVM's start: {@code -Dlacuna.test.kills=100} for many. */
  private static final int KILLS = Integer.getInteger("lacuna.test.kills", 4);

  private static final long DEADLINE = Duration.ofMinutes(4).toNanos();

  private final Path root;
  private final FileServer server = new FileServer();
  private final List<Process> processes = new ArrayList<>();
  private final byte[] file = new byte[300_000];

  ProcessesTest(@TempDir Path root) throws IOException {
    this.root = root;
    new Random(1).nextBytes(file);
    server.put("/weights.bin", file);
  }

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
    server.close();
  }

  private String digest() throws IOException {
    return Digests.of(Digests.SHA256, Files.write(root.resolve("whole"), file));
  }

  private Process start(int rounds) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                CacheProcess.class.getName(),
                root.toString(),
                Integer.toString(rounds),
                server.at("/weights.bin").toString(),
                Integer.toString(file.length),
                digest())
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("log" + processes.size()).toFile())
            .start();
    processes.add(process);
    return process;
  }

  private long ready(int round) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .filter(each -> String.valueOf(each.getFileName()).startsWith("ready" + round + "-"))
          .count();
    }
  }

  private void open(int round, int expected) throws IOException, InterruptedException {
    long end = System.nanoTime() + DEADLINE;
    while (ready(round) < expected) {
      for (int i = 0; i < processes.size(); i++) {
        assertTrue(
            processes.get(i).isAlive() || processes.get(i).exitValue() == 0,
            Files.readString(root.resolve("log" + i)));
      }
      assertTrue(System.nanoTime() < end, "round " + round + ": not all processes are ready");
      Thread.sleep(2);
    }
    Files.createFile(root.resolve("go" + round));
  }

  @Test
  void fetchOnceHoweverManyWantIt() throws IOException, InterruptedException {
    for (int i = 0; i < PROCESSES; i++) {
      start(ROUNDS);
    }
    for (int round = 0; round < ROUNDS; round++) {
      open(round, PROCESSES);
    }
    for (int i = 0; i < PROCESSES; i++) {
      assertTrue(processes.get(i).waitFor(2, TimeUnit.MINUTES));
      assertEquals(0, processes.get(i).exitValue(), Files.readString(root.resolve("log" + i)));
    }

    assertEquals(ROUNDS, server.requests().size(), "downloads of " + ROUNDS + " empty caches");
    for (int round = 0; round < ROUNDS; round++) {
      Path folder = root.resolve("cache" + round + "/vit");
      assertArrayEquals(file, Files.readAllBytes(folder.resolve("weights.bin")));
      try (Stream<Path> files = Files.list(folder)) {
        assertEquals(1, files.count(), "temporary files are left");
      }
    }
  }

  @Test
  void leaveSomethingToGoOnFromWhenTheyAreKilled() throws IOException, InterruptedException {
    Path target = root.resolve("cache0/vit/weights.bin");
    Random random = new Random(3);
    for (int kill = 0; kill < KILLS; kill++) {
      Files.deleteIfExists(root.resolve("go0"));
      Files.deleteIfExists(target);
      int stop = 1 + random.nextInt(file.length - 1);
      // The server falls silent there, with the connection open, so that the kill hits a transfer.
      server.behave(
          (exchange, bytes) -> {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes, 0, stop);
            exchange.getResponseBody().flush();
            try {
              Thread.sleep(600_000);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      Process process = start(1);
      open(0, kill + 1);
      Path part = root.resolve("cache0/vit/weights.bin.part");
      long end = System.nanoTime() + DEADLINE;
      while (!Files.exists(part) || Files.size(part) < stop) {
        assertTrue(System.nanoTime() < end && process.isAlive());
        Thread.sleep(2);
      }
      process.destroyForcibly().waitFor();
      processes.clear();
      assertFalse(Files.exists(target));

      server.behave(FileServer::ranges);
      FileCache cache =
          new FileCache(
              new CacheSettings(root.resolve("cache0"), false),
              new FileCacheTest.Said(),
              FileCacheTest.SHORT,
              DiskSpace.REAL);
      RemoteFile known = RemoteFile.of(server.at("/weights.bin"), file.length, digest());
      assertArrayEquals(file, Files.readAllBytes(cache.fetch("vit/weights.bin", known)));
      assertEquals(
          "/weights.bin bytes=" + stop + "-", server.requests().get(server.requests().size() - 1));
    }
  }
}
