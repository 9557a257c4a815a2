package ai.lacuna.examples.http;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.batch.BatchOptions;
import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Loads the service in its own process: {@code HttpLoad BUNDLE SECONDS}. Finds what 64 clients get
 * when each asks again at once, sends 0.8 times that for SECONDS, then four times that by many more
 * clients for a sixth of it, checks every answer against the encoder, and prints times beside those
 * that are wanted. Ends with 1 if an answer is wrong or missing. {@code tests/benchmarks/http} runs
 * it.
 */
public final class HttpLoad {
  private static final int CLIENTS = 64;

  /** So many that enough are free while the queue is full of the others. */
  private static final int MANY_CLIENTS = 1024;

  private static final int IMAGES = 64;
  private static final int SIDE = 160;
  private static final int WARM_SECONDS = 10;
  private static final float ROUNDING = 1e-4f;
  private static final double WANTED_REFUSAL_MILLIS = 50;

  /** The times of one load, by status. */
  private static final class Times {
    private final Map<Integer, List<Long>> nanos = new TreeMap<>();
    private int wrong;

    int count(int status) {
      return nanos.getOrDefault(status, List.of()).size();
    }

    double millis(int status, double part) {
      long[] sorted =
          nanos.getOrDefault(status, List.of()).stream().mapToLong(Long::longValue).toArray();
      Arrays.sort(sorted);
      return sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * part)] / 1e6;
    }
  }

  private final HttpService service;
  private final BatchOptions options;
  private final List<byte[]> files = new ArrayList<>();
  private final List<float[]> expected = new ArrayList<>();

  /** Bodies that were found right; few, as only the size of a batch changes the rounding. */
  private final Set<Long> right = new HashSet<>();

  private Times times = new Times();
  private boolean failed;

  private HttpLoad(HttpService service, BatchOptions options, OnnxEncoder encoder)
      throws java.io.IOException {
    this.service = service;
    this.options = options;
    for (int i = 0; i < IMAGES; i++) {
      files.add(Pictures.png(SIDE, i));
      expected.add(encoder.embed(Pixels.read(files.get(i), "image"), Pooling.CLS_MEAN));
    }
  }

  /** See the class. */
  public static void main(String[] args) throws Exception {
    Bundle bundle = Bundle.open(Path.of(args[0]));
    int seconds = Integer.parseInt(args[1]);
    BatchOptions options = BatchOptions.defaults();
    boolean failed;
    try (HttpService service = new HttpService(bundle, options, 0);
        OnnxEncoder encoder = bundle.encoder()) {
      HttpLoad load = new HttpLoad(service, options, encoder);
      load.run(seconds);
      failed = load.failed;
    }
    System.exit(failed ? 1 : 0);
  }

  private void run(int seconds) throws Exception {
    double capacity;
    double batchMillis;
    try (LoadClient clients = new LoadClient(service.port(), CLIENTS, files, this::fromDue)) {
      clients.saturate(WARM_SECONDS);
      double[] before = batches();
      times = new Times();
      clients.saturate(WARM_SECONDS);
      capacity = times.count(200) / (double) WARM_SECONDS;
      double[] after = batches();
      batchMillis = (after[0] - before[0]) / (after[1] - before[1]) * 1e3;
      System.out.printf(
          "%d clients that ask again at once: %.0f answers a second, batches of %.1f in %.1f ms%n",
          CLIENTS, capacity, (after[2] - before[2]) / (after[1] - before[1]), batchMillis);
      times = new Times();
      report(clients.send(0.8 * capacity, seconds), seconds, capacity, CLIENTS);
      System.out.printf(
          "  wanted: 200 within %.1f ms in 99 of 100: the delay and two batches%n",
          options.maxDelay().toMillis() + 2 * batchMillis);
    }
    try (LoadClient clients = new LoadClient(service.port(), MANY_CLIENTS, files, this::fromSent)) {
      times = new Times();
      int shorter = Math.max(1, seconds / 6);
      report(clients.send(4 * capacity, shorter), shorter, capacity, MANY_CLIENTS);
      System.out.printf("  wanted: 503 within %.0f ms%n", WANTED_REFUSAL_MILLIS);
    }
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "heap in use %d MB of %d%n",
        (runtime.totalMemory() - runtime.freeMemory()) >> 20, runtime.maxMemory() >> 20);
  }

  private void fromDue(int image, int status, ByteBuffer body, long fromDue, long fromSent) {
    record(image, status, body, fromDue);
  }

  private void fromSent(int image, int status, ByteBuffer body, long fromDue, long fromSent) {
    record(image, status, body, fromSent);
  }

  private void record(int image, int status, ByteBuffer body, long nanos) {
    times.nanos.computeIfAbsent(status, none -> new ArrayList<>()).add(nanos);
    if (status == 200 && !isRight(image, body)) {
      times.wrong++;
    }
  }

  private boolean isRight(int image, ByteBuffer body) {
    CRC32C sum = new CRC32C();
    sum.update(body.duplicate());
    long known = sum.getValue() << 8 | image;
    if (right.contains(known)) {
      return true;
    }
    String text = StandardCharsets.UTF_8.decode(body).toString();
    JsonArray found = JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("embedding");
    float[] wanted = expected.get(image);
    boolean same = found.size() == wanted.length;
    for (int i = 0; same && i < wanted.length; i++) {
      same = Math.abs(found.get(i).getAsFloat() - wanted[i]) <= ROUNDING;
    }
    if (same) {
      right.add(known);
    }
    return same;
  }

  private void report(int sent, int seconds, double capacity, int clients) {
    System.out.printf(
        "%.2f times that by %d clients for %d s: %d requests%n",
        sent / capacity / seconds, clients, seconds, sent);
    int ended = 0;
    for (int status : times.nanos.keySet()) {
      ended += times.count(status);
      System.out.printf(
          "  status %d: %d, median %.1f ms, 99th percentile %.1f ms, longest %.1f ms%n",
          status,
          times.count(status),
          times.millis(status, 0.5),
          times.millis(status, 0.99),
          times.millis(status, 1));
    }
    int without = sent - times.count(200) - times.count(503);
    System.out.printf(
        "  neither answered nor refused: %d, answered twice: %d, wrong or swapped: %d%n",
        without, Math.max(0, ended - sent), times.wrong);
    failed |= without != 0 || ended != sent || times.wrong != 0;
  }

  /** Seconds in batches, their count, the requests in them. */
  private double[] batches() throws Exception {
    String text = new Client(service.port()).get("/metrics").body();
    return new double[] {
      metric(text, "lacuna_batch_run_seconds_sum"),
      metric(text, "lacuna_batch_run_seconds_count"),
      metric(text, "lacuna_batch_size_sum")
    };
  }

  private static double metric(String text, String name) {
    Matcher line = Pattern.compile(name + "\\{route=\"embed\"} ([0-9.E+-]+)").matcher(text);
    if (!line.find()) {
      throw new IllegalStateException("/metrics: expected " + name + ", found none");
    }
    return Double.parseDouble(line.group(1));
  }
}
