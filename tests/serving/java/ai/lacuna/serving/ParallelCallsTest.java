package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists that run as several calls at once give what one call gives. */
class ParallelCallsTest {
  private static final float TOLERANCE = 1e-4f;

  private final Path folder;
  private final TinyBundle sample;

  ParallelCallsTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    TinyBundle.copyTo(folder);
    this.sample = TinyBundle.sample(folder);
  }

  private OnnxEncoder open(int threads, int maxBatch, long splitUpTo) throws IOException {
    return Bundle.open(folder)
        .encoder(
            ServingOptions.defaults()
                .withThreads(threads)
                .withMaxBatch(maxBatch)
                .withSplitUpTo(splitUpTo));
  }

  /** The sample, again and again. */
  private List<Pixels> images(int count) {
    List<Pixels> many = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      many.add(sample.images().get(i % sample.images().size()));
    }
    return many;
  }

  @ParameterizedTest
  @CsvSource({"2, 32", "3, 32", "3, 2", "7, 1", "1, 4"})
  void answersInTheOrderOfTheImages(int threads, int maxBatch) throws IOException {
    try (OnnxEncoder encoder = open(threads, maxBatch, Long.MAX_VALUE)) {
      for (int count : List.of(1, 2, 3, 5, 8, 40, 67)) {
        float[][] found = encoder.embed(images(count), Pooling.CLS);
        assertEquals(count, found.length);
        for (int i = 0; i < count; i++) {
          assertArrayEquals(sample.rows("cls")[i % 8], found[i], TOLERANCE, count + ": " + i);
        }
      }
    }
  }

  @Test
  void takesNoThreadsOfItsOwnForLargerModels() throws IOException {
    try (OnnxEncoder encoder = open(3, 32, 1000)) {
      assertArrayEquals(
          sample.rows("cls")[7], encoder.embed(images(40), Pooling.CLS)[39], TOLERANCE);
      assertEquals(0, workers());
    }
    try (OnnxEncoder encoder = open(3, 32, 100_000_000)) {
      assertEquals(40, encoder.embed(images(40), Pooling.CLS).length);
      assertEquals(3, workers());
    }
  }

  private static long workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.isAlive() && thread.getName().startsWith("lacuna-onnx-"))
        .count();
  }

  @Test
  void failsAsOneCallFails() throws IOException {
    List<Pixels> images = images(20);
    images.set(13, Pixels.of(28, 28, 5, new byte[28 * 28 * 5]));
    try (OnnxEncoder encoder = open(2, 32, Long.MAX_VALUE)) {
      assertThrows(ImageException.class, () -> encoder.embed(images));
      assertEquals(20, encoder.embed(images(20)).length);
    }
  }

  @Test
  void finishesThoughItsCallerIsInterrupted() throws IOException {
    try (OnnxEncoder encoder = open(2, 32, Long.MAX_VALUE)) {
      Thread.currentThread().interrupt();
      float[][] found = encoder.embed(images(40), Pooling.CLS);
      assertTrue(Thread.interrupted());
      assertArrayEquals(sample.rows("cls")[7], found[39], TOLERANCE);
    }
  }

  @Test
  void closingWaitsForAllCalls() throws IOException, InterruptedException, ExecutionException {
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try {
      OnnxEncoder encoder = open(2, 4, Long.MAX_VALUE);
      List<Pixels> images = images(200);
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        answers.add(callers.submit(() -> rowsOrClosed(encoder, images)));
      }
      assertEquals(200, answers.get(0).get());
      encoder.close();
      for (Future<Integer> answer : answers) {
        assertTrue(List.of(-1, 200).contains(answer.get()));
      }
    } finally {
      callers.shutdownNow();
    }
  }

  /** Threads of which the system starts only so many. */
  private ParallelCalls calls(int threads, int started) throws IOException, OrtException {
    AtomicInteger left = new AtomicInteger(started);
    return ParallelCalls.open(
            Bundle.open(folder).model("encoder.onnx"),
            ServingOptions.defaults().withThreads(threads).withSplitUpTo(Long.MAX_VALUE),
            task ->
                new Thread(task) {
                  @Override
                  public synchronized void start() {
                    if (left.getAndDecrement() <= 0) {
                      throw new OutOfMemoryError("unable to create native thread");
                    }
                    super.start();
                  }
                })
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void runsInTheCallersThreadWhereNoOtherCanBeStarted(int started)
      throws IOException, OrtException {
    Set<Thread> ran = ConcurrentHashMap.newKeySet();
    AtomicInteger count = new AtomicInteger();
    try (ParallelCalls parallel = calls(3, started)) {
      parallel.run(
          Collections.nCopies(
              50,
              session -> {
                ran.add(Thread.currentThread());
                count.incrementAndGet();
              }));
    }
    assertEquals(50, count.get());
    assertEquals(started < 3, ran.contains(Thread.currentThread()));
    assertTrue(ran.size() <= started + 1, ran.toString());
  }

  /** A caller that is told too early may close the session under a call. */
  @Test
  void waitsForTheOthersWhenOneFails() throws IOException, OrtException {
    CountDownLatch fails = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    AtomicInteger later = new AtomicInteger();
    List<Consumer<OrtSession>> all = new ArrayList<>();
    all.add(
        session -> {
          await(fails);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
          ended.set(true);
        });
    all.add(
        session -> {
          fails.countDown();
          throw new UnsupportedOperationException("in the caller's thread");
        });
    all.addAll(Collections.nCopies(50, session -> later.incrementAndGet()));
    try (ParallelCalls parallel = calls(2, 1)) {
      assertThrows(UnsupportedOperationException.class, () -> parallel.run(all));
      assertTrue(ended.get());
      assertEquals(0, later.get(), "calls that began after the failure");
    }
  }

  @Test
  @Timeout(60)
  void aShortListIsNotServedAfterAllOfALongOne()
      throws IOException, OrtException, InterruptedException {
    int many = 400;
    CountDownLatch gate = new CountDownLatch(1);
    AtomicInteger done = new AtomicInteger();
    AtomicInteger before = new AtomicInteger(-1);
    try (ParallelCalls parallel = calls(2, 2)) {
      Thread longer =
          new Thread(
              () ->
                  parallel.run(
                      Collections.nCopies(
                          many,
                          session -> {
                            await(gate);
                            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                            done.incrementAndGet();
                          })));
      Thread shorter = new Thread(() -> parallel.run(List.of(session -> before.set(done.get()))));
      startAndLetWait(longer);
      startAndLetWait(shorter);
      gate.countDown();
      longer.join();
      shorter.join();
    }
    assertEquals(many, done.get());
    assertTrue(before.get() >= 0 && before.get() < many / 2, before + " calls came before");
  }

  /** Until it waits for calls that have been handed to the threads. */
  private static void startAndLetWait(Thread thread) {
    thread.start();
    while (thread.getState() != Thread.State.WAITING) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many rows there are; −1 if the encoder was closed. */
  private static int rowsOrClosed(OnnxEncoder encoder, List<Pixels> images) {
    try {
      return encoder.embed(images, Pooling.CLS).length;
    } catch (IllegalStateException e) {
      return -1;
    }
  }
}
