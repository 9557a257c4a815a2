package ai.lacuna.examples.http;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.batch.BatchOptions;
import com.google.gson.JsonArray;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Loads the service in its own process: {@code HttpLoad BUNDLE SECONDS SHARE}. Finds what 64
 * clients get when each asks again at once, then sends SHARE times that many requests a second for
 * SECONDS, checks every answer against the encoder, and prints percentiles. {@code
 * tests/benchmarks/http} runs it.
 */
public final class HttpLoad {
  private static final int CLIENTS = 64;
  private static final int MAX_OPEN = 512;
  private static final int IMAGES = 64;
  private static final int SIDE = 160;
  private static final int WARM_SECONDS = 5;
  private static final float ROUNDING = 1e-4f;

  private final Client client;
  private final List<byte[]> files = new ArrayList<>();
  private final List<float[]> expected = new ArrayList<>();
  private final AtomicInteger wrong = new AtomicInteger();
  private final Map<Integer, List<Long>> micros = new ConcurrentHashMap<>();

  private HttpLoad(int port) {
    this.client = new Client(port);
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    Bundle bundle = Bundle.open(Path.of(args[0]));
    int seconds = Integer.parseInt(args[1]);
    double share = Double.parseDouble(args[2]);
    try (HttpService service = new HttpService(bundle, BatchOptions.defaults(), 0);
        OnnxEncoder encoder = bundle.encoder()) {
      HttpLoad load = new HttpLoad(service.port());
      for (int i = 0; i < IMAGES; i++) {
        byte[] file = Pictures.png(SIDE, i);
        load.files.add(file);
        load.expected.add(encoder.embed(Pixels.read(file, "image"), Pooling.CLS_MEAN));
      }
      load.closed(WARM_SECONDS);
      load.micros.clear();
      double capacity = load.closed(WARM_SECONDS);
      load.micros.clear();
      int sent = load.open(capacity * share, seconds);
      load.report(sent, capacity, share);
    }
  }

  /** Each client asks again at once; the answers a second. */
  private double closed(int seconds) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    AtomicInteger answered = new AtomicInteger();
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    for (int c = 0; c < CLIENTS; c++) {
      int first = c;
      clients.execute(
          () -> {
            for (int k = 0; System.nanoTime() < end; k++) {
              if (ask(first + k, System.nanoTime()) == 200) {
                answered.incrementAndGet();
              }
            }
          });
    }
    clients.shutdown();
    clients.awaitTermination(1, TimeUnit.HOURS);
    return answered.get() / (double) seconds;
  }

  /** Sends at a rate, as far as connections allow; returns how many were sent. */
  private int open(double rate, int seconds) throws InterruptedException {
    int total = (int) (rate * seconds);
    CountDownLatch left = new CountDownLatch(total);
    // As many connections as this process can hold beside the service.
    Semaphore open = new Semaphore(MAX_OPEN);
    long start = System.nanoTime();
    for (int i = 0; i < total; i++) {
      long due = start + (long) (i / rate * 1e9);
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      int image = i % IMAGES;
      open.acquire();
      long sent = System.nanoTime();
      var unused =
          client
              .postAsync("/v1/embed", files.get(image))
              .whenComplete(
                  (response, failure) -> {
                    record(image, response, failure, sent);
                    open.release();
                    left.countDown();
                  });
    }
    left.await();
    return total;
  }

  private int ask(int request, long sent) {
    int image = request % IMAGES;
    try {
      HttpResponse<String> response = client.post("/v1/embed", files.get(image));
      record(image, response, null, sent);
      return response.statusCode();
    } catch (Exception e) {
      record(image, null, e, sent);
      return 0;
    }
  }

  private void record(
      int image, @Nullable HttpResponse<String> response, @Nullable Throwable failure, long sent) {
    int status = response == null || failure != null ? 0 : response.statusCode();
    if (response != null && status == 200) {
      JsonArray found = Client.json(response).getAsJsonArray("embedding");
      float[] right = expected.get(image);
      for (int i = 0; i < right.length; i++) {
        if (!(Math.abs(found.get(i).getAsFloat() - right[i]) <= ROUNDING)) {
          wrong.incrementAndGet();
          break;
        }
      }
    }
    micros
        .computeIfAbsent(status, none -> Collections.synchronizedList(new ArrayList<>()))
        .add((System.nanoTime() - sent) / 1000);
  }

  private void report(int sent, double capacity, double share) {
    System.out.printf(
        "%d requests at %.2f times the %.0f answers a second that %d clients get%n",
        sent, share, capacity, CLIENTS);
    int answered = 0;
    for (Map.Entry<Integer, List<Long>> each : new TreeMap<>(micros).entrySet()) {
      long[] sorted = each.getValue().stream().mapToLong(Long::longValue).toArray();
      Arrays.sort(sorted);
      answered += sorted.length;
      System.out.printf(
          "status %d: %d, p50 %.1f ms, p99 %.1f ms, longest %.1f ms%n",
          each.getKey(),
          sorted.length,
          sorted[sorted.length / 2] / 1e3,
          sorted[(int) (sorted.length * 0.99)] / 1e3,
          sorted[sorted.length - 1] / 1e3);
    }
    System.out.printf("without answer: %d, wrong or swapped: %d%n", sent - answered, wrong.get());
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "heap in use %d MB of %d%n",
        (runtime.totalMemory() - runtime.freeMemory()) >> 20, runtime.maxMemory() >> 20);
  }
}
