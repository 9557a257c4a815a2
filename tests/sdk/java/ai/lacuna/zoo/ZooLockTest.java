package ai.lacuna.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several writers of one zoo. */
@Timeout(120)
class ZooLockTest {
  private static final int WRITERS = 8;
  private static final String HELD = "held";

  private final Path zoo;

  ZooLockTest(@TempDir Path zoo) {
    this.zoo = zoo;
  }

  /** Holds a zoo's lock until its input ends. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws IOException {
      int end =
          ZooLock.hold(
              Path.of(args[0]),
              () -> {
                System.out.println(HELD);
                return System.in.read();
              });
      System.exit(end < 0 ? 0 : 1);
    }
  }

  @Test
  void theIndexHasTheEntriesOfAllWritersAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    try {
      List<NamedTensors> weights =
          IntStream.range(0, WRITERS).mapToObj(TinyEntries::weights).toList();
      CyclicBarrier together = new CyclicBarrier(WRITERS);
      List<Future<ZooEntry>> entries = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        String name = "vit_tiny.test" + i;
        TinyEntries.writeAbout(zoo, name);
        Publication publication =
            new Publication(
                name,
                TinyEntries.NETWORK,
                TinyEntries.PREPROCESSING,
                weights.get(i),
                TinyEntries.RECIPE,
                TinyEntries.LOG);
        entries.add(
            threads.submit(
                () -> {
                  together.await();
                  return ZooPublisher.publish(zoo, publication);
                }));
      }
      List<String> published = new ArrayList<>();
      for (Future<ZooEntry> entry : entries) {
        published.add(entry.get().name());
      }
      assertEquals(published, Zoo.at(zoo).list().stream().map(ZooEntry::name).toList());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void waitsForAnotherProcess() throws Exception {
    TinyEntries.publish(zoo, "vit_tiny.test", 1);
    Path index = zoo.resolve("index.json");
    Files.delete(index);
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                zoo.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      assertEquals(HELD, holder.inputReader().readLine());
      Future<Boolean> written =
          threads.submit(
              () -> {
                ZooPublisher.reindex(zoo);
                return Files.exists(index);
              });
      TimeUnit.MILLISECONDS.sleep(500);
      assertFalse(written.isDone());
      assertFalse(Files.exists(index));
      holder.getOutputStream().close();
      assertTrue(written.get());
      assertEquals(0, holder.waitFor());
    } finally {
      holder.destroyForcibly();
      threads.shutdownNow();
    }
  }

  @Test
  void makesNoFolderWhereThereIsNoZoo() {
    Path absent = zoo.resolve("absent");
    assertThrows(IOException.class, () -> ZooPublisher.reindex(absent));
    assertFalse(Files.exists(absent));
  }
}
