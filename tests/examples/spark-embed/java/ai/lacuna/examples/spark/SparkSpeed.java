package ai.lacuna.examples.spark;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.ServingOptions;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.spark.sql.SparkSession;

/**
 * The Spark job on {@code local[2]} beside two threads that call {@code lacuna-serving} themselves,
 * on the same files, in turns: {@code SparkSpeed BUNDLE.zip FOLDER}. Prints images a second and
 * their ratio. Makes JPEGs of 256 x 256 if FOLDER is not there. {@code tests/benchmarks/spark} runs
 * it.
 */
public final class SparkSpeed {
  private static final int IMAGES = 2000;
  private static final int SIDE = 256;
  private static final int THREADS = 2;
  private static final int BATCH = 64;
  private static final int ROUNDS = 3;

  private SparkSpeed() {}

  /** See the class. */
  public static void main(String[] args) throws Exception {
    Path bundle = Path.of(args[0]);
    Path folder = Path.of(args[1]);
    if (!Files.exists(folder)) {
      make(folder);
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.sorted().toList();
    }
    Path output = Files.createTempDirectory("spark-speed").resolve("rows");
    double[] spark = new double[ROUNDS];
    double[] plain = new double[ROUNDS];
    double[] ratio = new double[ROUNDS];
    try (SparkSession session =
        SparkSession.builder()
            .master("local[" + THREADS + "]")
            .config("spark.ui.enabled", false)
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()) {
      // The first round of each is for the compiler.
      for (int i = -1; i < ROUNDS; i++) {
        long start = System.nanoTime();
        SparkEmbed.run(session, bundle.toString(), folder.toString(), output.toString());
        double withSpark = files.size() / ((System.nanoTime() - start) / 1e9);
        long rows = session.read().parquet(output.toString()).where("error is null").count();
        if (rows != files.size()) {
          throw new IllegalStateException(
              folder + ": expected " + files.size() + " embeddings, found " + rows);
        }
        double without = embed(bundle, files);
        if (i >= 0) {
          spark[i] = withSpark;
          plain[i] = without;
          ratio[i] = withSpark / without;
        }
      }
    }
    System.out.printf("%d images, median of %d rounds (least to most)%n", files.size(), ROUNDS);
    print("Spark on local[2], images/s", spark);
    print("one process, 2 threads, images/s", plain);
    print("Spark / one process", ratio);
  }

  /** Images a second of threads that read, decode and embed, each with a session of one thread. */
  private static double embed(Path bundle, List<Path> files) throws Exception {
    AtomicInteger next = new AtomicInteger();
    AtomicInteger embedded = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    long start = System.nanoTime();
    try (OnnxEncoder encoder =
        Bundle.open(bundle).encoder(ServingOptions.defaults().withThreads(1))) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        all.add(
            threads.submit(
                () -> {
                  for (int i = next.getAndAdd(BATCH); i < files.size(); i = next.getAndAdd(BATCH)) {
                    List<Prepared> batch = new ArrayList<>();
                    for (Path file : files.subList(i, Math.min(i + BATCH, files.size()))) {
                      batch.add(encoder.prepare(Pixels.read(file)));
                    }
                    embedded.addAndGet(encoder.embedPrepared(batch, Pooling.CLS_MEAN).length);
                  }
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdown();
    }
    return embedded.get() / ((System.nanoTime() - start) / 1e9);
  }

  private static void print(String what, double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    System.out.printf(
        "%-34s %8.2f (%.2f to %.2f)%n",
        what, sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
  }

  /** Pictures with edges and ramps, so that a JPEG of them is about as long as a photograph. */
  private static void make(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (int n = 0; n < IMAGES; n++) {
      Random random = new Random(n);
      BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      Graphics2D canvas = image.createGraphics();
      for (int i = 0; i < 60; i++) {
        canvas.setColor(new Color(random.nextInt(1 << 24)));
        canvas.fillOval(
            random.nextInt(SIDE) - 30,
            random.nextInt(SIDE) - 30,
            20 + random.nextInt(80),
            20 + random.nextInt(80));
      }
      canvas.dispose();
      ImageIO.write(image, "jpg", folder.resolve("image-%05d.jpg".formatted(n)).toFile());
    }
  }
}
