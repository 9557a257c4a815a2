package ai.lacuna.examples.spark;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.ServingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkFiles;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** The rows of a partition: images are read and embedded in batches as Spark asks for them. */
final class EmbeddedRows implements Iterator<Row> {
  private static final int BATCH = 64;

  /** One session an executor, shared by its tasks; it lives as long as the process. */
  private static final Map<String, OnnxEncoder> ENCODERS = new ConcurrentHashMap<>();

  private final OnnxEncoder encoder;
  private final NamedFiles files;
  private final Deque<Row> ready = new ArrayDeque<>();

  EmbeddedRows(String bundle, Iterator<Row> paths) {
    this.encoder = ENCODERS.computeIfAbsent(bundle, EmbeddedRows::open);
    this.files = new NamedFiles(paths);
  }

  private static OnnxEncoder open(String bundle) {
    try {
      // Tasks run side by side: a thread each, not a pool of threads for each.
      return Bundle.open(Path.of(SparkFiles.get(bundle)))
          .encoder(ServingOptions.defaults().withThreads(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean hasNext() {
    if (ready.isEmpty()) {
      fill();
    }
    return !ready.isEmpty();
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.removeFirst();
  }

  private static Pixels read(byte[] file, String name) {
    if (file.length > NamedFiles.MAX_BYTES) {
      throw new ImageException(
          name
              + ": expected at most "
              + (NamedFiles.MAX_BYTES >> 20)
              + " MiB, found more; shrink it");
    }
    return Pixels.read(file, name);
  }

  private void fill() {
    List<String> names = new ArrayList<>();
    List<Prepared> images = new ArrayList<>();
    try {
      while (images.size() < BATCH) {
        Optional<Map.Entry<String, byte[]>> file = files.next();
        if (file.isEmpty()) {
          break;
        }
        String name = file.get().getKey();
        try {
          images.add(encoder.prepare(read(file.get().getValue(), name)));
          names.add(name);
        } catch (ImageException | IllegalArgumentException e) {
          ready.add(RowFactory.create(name, null, e.getMessage()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Spark tries the task again
    }
    float[][] embeddings = encoder.embedPrepared(images, Pooling.CLS_MEAN);
    for (int i = 0; i < embeddings.length; i++) {
      List<Float> values = new ArrayList<>();
      for (float value : embeddings[i]) {
        values.add(value);
      }
      ready.add(RowFactory.create(names.get(i), values.toArray(Float[]::new), null));
    }
  }
}
