package ai.lacuna.probe;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.encoder.PoolingSet;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Computes the features of a data set once, and keeps them in files if told where.
 *
 * <p>A file's name is a digest of the encoder's weights, its architecture and preprocessing, the
 * blocks, the poolings, the precision and the data; so a file is never stale. A run that was killed
 * goes on where it stopped, and a damaged part is computed again. Two that want the same file wait
 * for each other.
 */
public final class FeatureCache {
  private static final int CHUNK = FeatureFile.CHUNK_ROWS;

  /** Locks of files are those of the process: within it, one file is filled at a time. */
  private static final Object FILLING = new Object();

  private final Optional<Path> folder;
  private final FeaturePrecision precision;

  private FeatureCache(Optional<Path> folder, FeaturePrecision precision) {
    this.folder = folder;
    this.precision = precision;
  }

  /**
   * Keeps nothing on disk.
   *
   * @return the cache
   */
  public static FeatureCache none() {
    return new FeatureCache(Optional.empty(), FeaturePrecision.FLOAT32);
  }

  /**
   * Keeps features in files as float32.
   *
   * @param folder where; made when needed
   * @return the cache
   */
  public static FeatureCache in(Path folder) {
    return in(folder, FeaturePrecision.FLOAT32);
  }

  /**
   * Keeps features in files.
   *
   * @param folder where; made when needed
   * @param precision how a feature is kept
   * @return the cache
   */
  public static FeatureCache in(Path folder, FeaturePrecision precision) {
    return new FeatureCache(Optional.of(folder), precision);
  }

  /**
   * Finds or computes the features of all images.
   *
   * @param encoder the encoder
   * @param data the images
   * @param blocks whose features, from 0, concatenated in this order
   * @param pooling how the tokens of a block become features
   * @param progress hears how many images are done
   * @param stage what to call this in the progress
   * @return the features, in the order of the data
   * @throws DataException if the data is empty or a sample cannot be read
   * @throws IOException if the cache or the data cannot be read
   */
  public FeatureTable features(
      Encoder encoder,
      ImageDataset data,
      List<Integer> blocks,
      Pooling pooling,
      ProbeProgress progress,
      String stage)
      throws IOException {
    return open(encoder, data, blocks, Set.of(pooling), progress, stage).table(blocks, pooling);
  }

  /**
   * Finds or computes the features of all images, several poolings by one pass of the encoder.
   *
   * @param encoder the encoder
   * @param data the images
   * @param blocks whose features, from 0
   * @param poolings which ones tables will be taken of
   * @param progress hears how many images are done
   * @param stage what to call this in the progress
   * @return the features, in the order of the data
   * @throws DataException if the data is empty or a sample cannot be read
   * @throws ProbeException if memory cannot hold the features, or float16 not their size
   * @throws IOException if the cache or the data cannot be read
   */
  public FeatureStore open(
      Encoder encoder,
      ImageDataset data,
      List<Integer> blocks,
      Collection<Pooling> poolings,
      ProbeProgress progress,
      String stage)
      throws IOException {
    if (data.size() == 0) {
      throw new DataException(data.name() + ": expected images, found none; check the data's path");
    }
    int[] labels = new int[data.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = data.label(i);
    }
    PoolingSet set = PoolingSet.covering(poolings);
    Extraction extraction = new Extraction(encoder, data, blocks, set, progress, stage);
    int width = encoder.embedDim();
    if (folder.isEmpty()) {
      float[] values = extraction.inMemory();
      return FeatureStore.inMemory(data.name(), blocks, set, width, labels, values);
    }
    Path path = folder.get().resolve(key(encoder, data, blocks, set) + ".features");
    synchronized (FILLING) {
      try (FeatureFile file =
          FeatureFile.open(path, labels.length, extraction.columns(), precision)) {
        extraction.fill(file);
        return FeatureStore.mapped(data.name(), blocks, set, width, labels, file.map());
      }
    }
  }

  private String key(Encoder encoder, ImageDataset data, List<Integer> blocks, PoolingSet set)
      throws IOException {
    String key =
        String.join(
            "\n",
            "v2",
            encoder.weights().sha256(),
            encoder.config().toString(),
            encoder.preprocessing().toString(),
            blocks.toString(),
            set.name(),
            precision.label(),
            data.fingerprint());
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** One pass of an encoder over a data set, in chunks; the next is read while one is computed. */
  private record Extraction(
      Encoder encoder,
      ImageDataset data,
      List<Integer> blocks,
      PoolingSet set,
      ProbeProgress progress,
      String stage) {

    private interface Sink {
      void accept(int chunk, float[][] features) throws IOException;
    }

    int columns() {
      return blocks.size() * encoder.embedDim() * set.rows();
    }

    float[] inMemory() throws IOException {
      int rows = data.size();
      int columns = columns();
      if ((long) columns * rows > Integer.MAX_VALUE - 8) {
        throw FeatureStore.tooMany(data.name(), rows, columns, "keep them in a cache on disk");
      }
      float[] values = new float[columns * rows];
      BitSet all = new BitSet();
      all.set(0, (rows + CHUNK - 1) / CHUNK);
      compute(
          all,
          (chunk, features) -> {
            for (int i = 0; i < features.length; i++) {
              System.arraycopy(features[i], 0, values, (chunk * CHUNK + i) * columns, columns);
            }
          });
      return values;
    }

    void fill(FeatureFile file) throws IOException {
      compute(file.missing(), file::write);
    }

    private void compute(BitSet chunks, Sink sink) throws IOException {
      int rows = data.size();
      int done = (rows + CHUNK - 1) / CHUNK - chunks.cardinality();
      int chunk = chunks.nextSetBit(0);
      CompletableFuture<List<Pixels>> images = read(chunk);
      while (chunk >= 0) {
        progress.update(stage, Math.min(rows, (long) done * CHUNK), rows);
        List<Pixels> current = join(images);
        int next = chunks.nextSetBit(chunk + 1);
        images = read(next);
        sink.accept(chunk, encoder.pooledPrepared(current, blocks, set));
        chunk = next;
        done++;
      }
      progress.update(stage, rows, rows);
    }

    private CompletableFuture<List<Pixels>> read(int chunk) {
      if (chunk < 0) {
        return CompletableFuture.completedFuture(List.of());
      }
      int end = Math.min(data.size(), (chunk + 1) * CHUNK);
      return CompletableFuture.supplyAsync(
          () -> IntStream.range(chunk * CHUNK, end).parallel().mapToObj(this::prepared).toList());
    }

    private static List<Pixels> join(CompletableFuture<List<Pixels>> images) {
      try {
        return images.join();
      } catch (java.util.concurrent.CompletionException e) {
        // Its only failures are those of prepared().
        throw e.getCause() instanceof DataException cause ? cause : e;
      }
    }

    /** At the network's size: two chunks of photographs as they are would take gigabytes. */
    private Pixels prepared(int index) {
      try {
        return encoder.preprocessing().apply(data.get(index).pixels());
      } catch (IOException | RuntimeException e) {
        throw new DataException(
            "%s, sample %s: %s".formatted(data.name(), index, e.getMessage()), e);
      }
    }
  }
}
