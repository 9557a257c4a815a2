package ai.lacuna.benchmarks.serving;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.ServingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** An exported encoder, alone and with what comes before it. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls open() before anything else.
public class EncoderBenchmark {
  private static final int BATCH = 32;
  private static final int PHOTO_HEIGHT = 375;
  private static final int PHOTO_WIDTH = 500;

  /** The bundle's folder. */
  @Param("target/quickstart/bundle")
  public String bundle = "";

  /** As in the bundle, {@code float32} or another. */
  @Param("float32")
  public String variant = "";

  /** Threads of a call. */
  @Param("2")
  public int threads;

  private OnnxEncoder encoder;
  private List<Prepared> batch;
  private List<Pixels> photos;

  /** Opens the encoder and makes images. */
  @Setup
  public void open() throws IOException {
    encoder =
        Bundle.open(Path.of(bundle))
            .encoder(variant, ServingOptions.defaults().withThreads(threads));
    Random random = new Random(0);
    photos = new ArrayList<>();
    batch = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      byte[] bytes = new byte[PHOTO_HEIGHT * PHOTO_WIDTH * 3];
      random.nextBytes(bytes);
      photos.add(Pixels.of(PHOTO_HEIGHT, PHOTO_WIDTH, 3, bytes));
      batch.add(encoder.prepare(photos.get(i)));
    }
  }

  /** Frees the session. */
  @TearDown
  public void close() {
    encoder.close();
  }

  /** Images a second, 32 in a call, of the network's size. */
  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @OutputTimeUnit(TimeUnit.SECONDS)
  @OperationsPerInvocation(BATCH)
  public float[][] batch() {
    return encoder.embedPrepared(batch, Pooling.CLS_MEAN);
  }

  /** Images a second from decoded photographs of 500 x 375, 32 in a call. */
  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @OutputTimeUnit(TimeUnit.SECONDS)
  @OperationsPerInvocation(BATCH)
  public float[][] batchOfPhotos() {
    return encoder.embed(photos, Pooling.CLS_MEAN);
  }

  /** One image of the network's size. */
  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  public float[][] single() {
    return encoder.embedPrepared(batch.subList(0, 1), Pooling.CLS_MEAN);
  }

  /** One decoded photograph: resize and crop alone. */
  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  public Prepared prepare() {
    return encoder.prepare(photos.get(0));
  }
}
