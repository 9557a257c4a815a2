package ai.lacuna.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FeatureCacheTest {
  /** Three chunks, the last of 88. */
  private static final int IMAGES = 600;

  /** Half of the last of 11 bits. */
  private static final double HALF_ROUNDING = Math.scalb(1.0, -11);

  /** Products of another batch are summed in another order. */
  private static final float BATCHING = 1e-5f;

  private static final Encoder ENCODER = Stripes.encoder();
  private static final List<Integer> BLOCKS = List.of(0, 2);

  private final Path folder;
  private final Counted data = new Counted(Stripes.of(IMAGES, 0), new AtomicInteger());

  FeatureCacheTest(@TempDir Path folder) {
    this.folder = folder.resolve("cache");
  }

  @AfterAll
  static void close() {
    ENCODER.close();
  }

  /** Counts how many images are read. */
  private record Counted(ImageDataset whole, AtomicInteger reads) implements ImageDataset {
    @Override
    public Sample get(int index) throws IOException {
      reads.incrementAndGet();
      return whole.get(index);
    }

    @Override
    public int size() {
      return whole.size();
    }

    @Override
    public int label(int index) throws IOException {
      return whole.label(index);
    }

    @Override
    public List<String> classNames() {
      return whole.classNames();
    }

    @Override
    public String name() {
      return whole.name();
    }

    @Override
    public String fingerprint() throws IOException {
      return whole.fingerprint();
    }
  }

  private FeatureStore open(FeatureCache cache) throws IOException {
    return open(cache, ProbeProgress.silent());
  }

  private FeatureStore open(FeatureCache cache, ProbeProgress progress) throws IOException {
    return cache.open(ENCODER, data, BLOCKS, Set.of(Pooling.values()), progress, "features");
  }

  @Test
  void holdsEveryPoolingOfEveryBlockAfterOnePass() throws IOException {
    FeatureStore store = open(FeatureCache.in(folder));
    assertEquals(IMAGES, data.reads.get());
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      images.add(data.whole.get(i).pixels());
    }
    for (Pooling pooling : Pooling.values()) {
      for (List<Integer> blocks : List.of(BLOCKS, List.of(2), List.of(2, 0))) {
        FeatureTable table = store.table(blocks, pooling);
        float[][] expected = ENCODER.features(images, blocks, pooling);
        assertEquals(expected[0].length, table.columns());
        for (int i = 0; i < IMAGES; i++) {
          assertArrayEquals(expected[i], row(table, i), BATCHING);
          assertEquals(i % 3, table.labels()[i]);
        }
      }
    }
    assertThrows(IllegalArgumentException.class, () -> store.table(List.of(1), Pooling.CLS));
  }

  private static float[] row(FeatureTable table, int row) {
    float[] values = new float[table.columns()];
    System.arraycopy(table.values(), row * values.length, values, 0, values.length);
    return values;
  }

  @Test
  void findsWhatItKept() throws IOException {
    float[] first = values(open(FeatureCache.in(folder)));
    data.reads.set(0);
    assertArrayEquals(first, values(open(FeatureCache.in(folder))));
    assertEquals(0, data.reads.get());
    assertArrayEquals(first, values(open(FeatureCache.none())));
  }

  private static float[] values(FeatureStore store) {
    return store.table(BLOCKS, Pooling.CLS_GRID).values();
  }

  @Test
  void goesOnWhereAnExtractionWasStopped() throws IOException {
    ProbeProgress stop =
        (stage, done, total) -> {
          if (done >= 500) {
            throw new IllegalStateException("stop");
          }
        };
    assertThrows(IllegalStateException.class, () -> open(FeatureCache.in(folder), stop));
    data.reads.set(0);
    float[] values = values(open(FeatureCache.in(folder)));
    assertEquals(IMAGES - 2 * FeatureFile.CHUNK_ROWS, data.reads.get());
    assertArrayEquals(values(open(FeatureCache.none())), values);
  }

  @Test
  void computesADamagedChunkAgainAndOnlyThat() throws IOException {
    float[] values = values(open(FeatureCache.in(folder)));
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(4), 4096 + 300L * BLOCKS.size() * 55 * 16 * 4);
    }
    data.reads.set(0);
    assertArrayEquals(values, values(open(FeatureCache.in(folder))));
    assertEquals(FeatureFile.CHUNK_ROWS, data.reads.get());
  }

  @Test
  void mendsAFileThatWasCut() throws IOException {
    float[] values = values(open(FeatureCache.in(folder)));
    long size = Files.size(file());
    for (long kept : new long[] {0, 10, 4100, size - 1}) {
      try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
        channel.truncate(kept);
      }
      assertArrayEquals(values, values(open(FeatureCache.in(folder))));
      assertEquals(size, Files.size(file()));
    }
  }

  @Test
  void halvesTheFileWithFloat16() throws IOException {
    float[] exact = values(open(FeatureCache.in(folder)));
    long size = Files.size(file());
    Path other = folder.resolve("half");
    float[] halved = values(open(FeatureCache.in(other, FeaturePrecision.FLOAT16)));
    for (int i = 0; i < exact.length; i++) {
      assertEquals(exact[i], halved[i], Math.abs(exact[i]) * HALF_ROUNDING + 1e-7);
    }
    assertEquals((size - 4096) / 2, Files.size(file(other)) - 4096);
  }

  @Test
  void refusesFeaturesTooGreatForFloat16() throws IOException {
    Path path = folder.resolve("x.features");
    try (FeatureFile file = FeatureFile.open(path, 1, 2, FeaturePrecision.FLOAT16)) {
      ProbeException e =
          assertThrows(ProbeException.class, () -> file.write(0, new float[][] {{1, 70000}}));
      assertTrue(e.toString().contains("keep them as float32"), e.toString());
      assertEquals(1, file.missing().cardinality());
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void namesTheFileThatAFullDiskDoesNotTake() {
    IOException e =
        assertThrows(
            IOException.class,
            () -> FeatureFile.open(Path.of("/dev/full"), 1, 2, FeaturePrecision.FLOAT32).close());
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("/dev/full: can't be written ("), message);
    assertTrue(message.endsWith("computed before stays; make room and start again"), message);
  }

  @Test
  void keysFilesByEncoderBlocksAndData() throws IOException {
    open(FeatureCache.in(folder));
    Path first = file();
    Files.delete(first);
    FeatureCache.in(folder)
        .open(ENCODER, data, List.of(0), Set.of(Pooling.CLS), ProbeProgress.silent(), "features");
    assertNotEquals(first, file());
  }

  @Test
  void twoThatWantOneFileFillItOnce() throws IOException {
    List<CompletableFuture<float[]>> both =
        IntStream.range(0, 2)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return values(open(FeatureCache.in(folder)));
                          } catch (IOException e) {
                            throw new UncheckedIOException(e);
                          }
                        }))
            .toList();
    assertArrayEquals(both.get(0).join(), both.get(1).join());
    assertEquals(IMAGES, data.reads.get());
  }

  private Path file() throws IOException {
    return file(folder);
  }

  private static Path file(Path in) throws IOException {
    try (Stream<Path> files = Files.list(in)) {
      List<Path> kept = files.filter(Files::isRegularFile).toList();
      assertEquals(1, kept.size());
      return kept.get(0);
    }
  }

  /** Large images, and whether somebody still holds them. */
  private record Large(ImageDataset whole, Map<Integer, WeakReference<Pixels>> given)
      implements ImageDataset {
    @Override
    public Sample get(int index) throws IOException {
      Sample small = whole.get(index);
      Pixels large = Pixels.of(64, 64, 1, new byte[64 * 64]);
      given.put(index, new WeakReference<>(large));
      return new Sample(small.id(), large, small.label());
    }

    @Override
    public int size() {
      return whole.size();
    }

    @Override
    public int label(int index) throws IOException {
      return whole.label(index);
    }

    @Override
    public List<String> classNames() {
      return whole.classNames();
    }

    @Override
    public String name() {
      return whole.name();
    }
  }

  @Test
  @Timeout(60)
  void keepsNoLargeImageWhileItsChunkWaits() throws IOException {
    Large large = new Large(Stripes.of(512, 0), new ConcurrentHashMap<>());
    AtomicInteger held = new AtomicInteger();
    ProbeProgress watch =
        (stage, done, all) -> {
          if (done == 256) {
            // The second chunk is being read while the first is computed; here it is next.
            while (large.given.size() < large.size()) {
              Thread.onSpinWait();
            }
            for (int i = 0; i < 20 && (i == 0 || held.get() > 0); i++) {
              System.gc();
              held.set(
                  (int) large.given.values().stream().filter(any -> any.get() != null).count());
            }
          }
        };
    FeatureCache.none().open(ENCODER, large, BLOCKS, Set.of(Pooling.CLS), watch, "features");
    assertEquals(512, large.given.size());
    assertTrue(held.get() < 16, held + " images are held");
  }
}
