package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.text.Counted;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The batches of one epoch, read ahead by worker threads, in an order that the threads do not
 * change.
 *
 * <p>Two loaders with the same data, seed, epoch and batch size give the same batches, whatever the
 * number of workers; one that starts at batch {@code k} gives the tail of one that starts at 0. May
 * be iterated once, by one thread. Closing it stops the workers and closes files; so does reaching
 * the end. Workers read ahead by as many batches as there are workers and {@code prefetch}, and
 * then wait until one is taken.
 *
 * <p>A sample that cannot be read or decoded is logged and counted, and another one, drawn by seed,
 * epoch and the damaged sample's place (in gzipped shards from its batch, if one there is whole),
 * stands in for it: batches keep their size, and so the schedule of a run its steps. {@link
 * Builder#maxCorrupt} says how many are too many.
 */
public final class Loader implements Iterable<Batch>, AutoCloseable {
  private static final int GRACE_SECONDS = 10;

  private final BatchSource source;
  private final BatchReader reader;
  private final Consumer<Batch> whenRead;
  private final CorruptSamples corrupt;
  private final int batches;
  private final int prefetch;
  private final ExecutorService workers;
  private final ArrayDeque<Future<BatchReader.Shaped>> ahead = new ArrayDeque<>();
  private int submitted;
  private int delivered;
  private boolean closed;
  private String shape = "";

  private Loader(Builder builder) {
    batches = builder.batches();
    source = builder.source();
    reader =
        new BatchReader(
            builder.data.name(), source, builder.afterReading(), builder.seed, builder.epoch);
    whenRead = builder.whenRead;
    corrupt = new CorruptSamples(builder.data.name(), builder.maxCorrupt, builder.data.size());
    prefetch = builder.workers + builder.prefetch;
    submitted = builder.startBatch;
    delivered = builder.startBatch;
    workers =
        Executors.newFixedThreadPool(
            builder.workers,
            task -> {
              Thread thread = new Thread(task, "lacuna-loader");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Begins a loader.
   *
   * @param data where the samples come from
   * @return a builder: batches of 64, seed 0, epoch 0, in order, with the last partial batch, as
   *     many workers as there are processors but at most 8
   */
  public static Builder builder(ImageDataset data) {
    return new Builder(data);
  }

  /**
   * Returns the number of batches of the epoch, including those before the start.
   *
   * @return at least 1
   */
  public int batches() {
    return batches;
  }

  /**
   * Returns what is left of the batches; every call returns the same iterator's state.
   *
   * <p>Its {@code next} waits for a batch, which then belongs to the caller; it throws {@link
   * DataException} if too many samples are damaged or one has another size than the first one, and
   * {@link NoSuchElementException} at the end and after closing.
   */
  @Override
  public Iterator<Batch> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return !closed && delivered < batches;
      }

      @Override
      public Batch next() {
        if (!hasNext()) {
          throw new NoSuchElementException("no batch left; make a new loader for the next epoch");
        }
        return take();
      }
    };
  }

  private Batch take() {
    while (submitted < batches && ahead.size() < prefetch) {
      int index = submitted++;
      ahead.add(workers.submit(() -> read(index)));
    }
    BatchReader.Shaped read = await(ahead.remove());
    try {
      corrupt.count(read.batch().size(), read.damaged());
    } catch (DataException e) {
      close();
      throw e;
    }
    if (shape.isEmpty()) {
      shape = read.shape();
    } else if (!shape.equals(read.shape())) {
      close();
      throw reader.mixed(read.batch().ids()[0], shape, read.shape());
    }
    if (++delivered == batches) {
      close();
    }
    return read.batch();
  }

  private BatchReader.Shaped read(int index) throws IOException, InterruptedException {
    BatchReader.Shaped read = reader.read(index);
    whenRead.accept(read.batch());
    return read;
  }

  private BatchReader.Shaped await(Future<BatchReader.Shaped> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      close();
      Throwable cause = e.getCause();
      if (cause instanceof Error error) {
        throw error;
      }
      throw cause instanceof DataException known ? known : new DataException("loader: " + cause, e);
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new DataException("loader: interrupted while it waited for a batch", e);
    }
  }

  /**
   * Returns how many damaged samples others stood in for, in the batches received so far.
   *
   * @return at least 0
   */
  public int skipped() {
    return corrupt.skipped();
  }

  /**
   * Returns what was wrong with the first damaged samples, in the batches received so far.
   *
   * @return a line for each of the first 20, in their order, that names it
   */
  public List<String> damaged() {
    return corrupt.named();
  }

  /** Stops the workers, waits for them, closes files; batches already received stay valid. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ahead.clear();
    workers.shutdownNow();
    try {
      workers.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      source.close();
    } catch (IOException e) {
      throw new DataException("loader: " + e.getMessage(), e);
    }
  }

  /** Collects what a loader needs. */
  public static final class Builder {
    private final ImageDataset data;
    private int batchSize = 64;
    private long seed;
    private long epoch;
    private int startBatch;
    private boolean shuffle;
    private boolean dropLast;
    private Transform transform = Transform.none();
    private Consumer<Batch> whenRead = batch -> {};
    private int workers = Math.min(8, Runtime.getRuntime().availableProcessors());
    private int prefetch = 2;
    private int shuffleBuffer = 10_000;
    private double maxCorrupt = 0.01;

    private Builder(ImageDataset data) {
      this.data = data;
    }

    /**
     * Sets the number of samples in a batch.
     *
     * @param size at least 1
     * @return this
     */
    public Builder batchSize(int size) {
      batchSize = atLeast("batch size", size, 1);
      return this;
    }

    /**
     * Sets the seed of order and transforms.
     *
     * @param value any number
     * @return this
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Sets the epoch, which changes order and transforms.
     *
     * @param value from 0
     * @return this
     */
    public Builder epoch(long value) {
      epoch = value;
      return this;
    }

    /**
     * Sets the batch to begin with; those before are not read.
     *
     * @param batch from 0 to the number of batches, which gives none
     * @return this
     */
    public Builder startBatch(int batch) {
      startBatch = atLeast("start batch", batch, 0);
      return this;
    }

    /**
     * Sets whether the samples are shuffled.
     *
     * @param value whether they are
     * @return this
     */
    public Builder shuffle(boolean value) {
      shuffle = value;
      return this;
    }

    /**
     * Sets how many encoded images wait to be drawn from, where the data can only be read in its
     * order ({@link WebDataset}, gzipped); other data is shuffled as a whole. Changes the order.
     *
     * @param images at least 1; 10,000 if not set, but never more than 256 MB at the mean length of
     *     the data's images
     * @return this
     */
    public Builder shuffleBuffer(int images) {
      shuffleBuffer = atLeast("shuffle buffer", images, 1);
      return this;
    }

    /**
     * Sets the greatest share of damaged samples, which others stand in for.
     *
     * <p>It is that of the samples seen so far, but never of fewer than 1,000, or of the whole
     * epoch where it is shorter.
     *
     * @param share 0, where the first one is an error, to 1; 0.01 if not set
     * @return this
     * @throws IllegalArgumentException if it is not
     */
    public Builder maxCorrupt(double share) {
      if (!(share >= 0 && share <= 1)) {
        throw new IllegalArgumentException(
            "share of damaged samples: expected 0 to 1, found " + share);
      }
      maxCorrupt = share;
      return this;
    }

    /**
     * Sets whether a last batch that is not full is left out.
     *
     * @param value whether it is
     * @return this
     */
    public Builder dropLast(boolean value) {
      dropLast = value;
      return this;
    }

    /**
     * Sets what is done to each image; a {@link FileTransform} decodes it too.
     *
     * @param value the transform
     * @return this
     */
    public Builder transform(Transform value) {
      transform = value;
      return this;
    }

    /**
     * Sets what a worker does with a batch that it has read, before it is handed on: work that
     * whoever takes the batches need not wait for. It may not change the batch.
     *
     * @param work called by several threads, for batches in any order, and perhaps for some that
     *     are never taken; it throws nothing
     * @return this
     */
    public Builder whenRead(Consumer<Batch> work) {
      whenRead = work;
      return this;
    }

    /**
     * Sets the number of worker threads; changes the speed only.
     *
     * @param count at least 1
     * @return this
     */
    public Builder workers(int count) {
      workers = atLeast("workers", count, 1);
      return this;
    }

    /**
     * Sets how many batches wait besides those being read.
     *
     * @param count at least 0
     * @return this
     */
    public Builder prefetch(int count) {
      prefetch = atLeast("prefetch", count, 0);
      return this;
    }

    /**
     * Makes the loader.
     *
     * @return the loader; close it
     * @throws DataException if the data is empty or gives no full batch
     * @throws IllegalArgumentException if the start lies behind the end
     */
    public Loader build() {
      if (batches() == 0) {
        throw new DataException(
            "%s: expected at least %s, found %s; take a smaller batch or more data"
                .formatted(
                    data.name(), Counted.of(dropLast ? batchSize : 1, "sample"), data.size()));
      }
      if (startBatch > batches()) {
        throw new IllegalArgumentException(
            "start batch: expected at most %s, found %s".formatted(batches(), startBatch));
      }
      return new Loader(this);
    }

    private BatchSource source() {
      Optional<StreamedPart> streamed = StreamedPart.of(data);
      if (streamed.isPresent()) {
        return source(streamed.get());
      }
      int[] order =
          shuffle
              ? CounterRandom.of(seed, epoch, 0, Purpose.ORDER).permutation(data.size())
              : IntStream.range(0, data.size()).toArray();
      return new IndexedSource(order, batchSize, reading());
    }

    private BatchSource source(StreamedPart part) {
      Shards shards = part.data().shards();
      StreamOrder order =
          shuffle
              ? StreamOrder.shuffled(
                  shards, part.wanted(), shards.atMost(shuffleBuffer), seed, epoch)
              : StreamOrder.natural(shards, part.wanted());
      return new StreamedSource(part.data(), order, batchSize, decoding(), startBatch, batches());
    }

    private BatchSource.Reading reading() {
      return transform instanceof FileTransform decoder
          ? index -> data.get(index, seed, epoch, decoder)
          : data::get;
    }

    private Function<EncodedImage, Sample> decoding() {
      return transform instanceof FileTransform decoder
          ? file -> file.decode(seed, epoch, decoder)
          : EncodedImage::decode;
    }

    private Transform afterReading() {
      return transform instanceof FileTransform ? Transform.none() : transform;
    }

    private int batches() {
      int full = data.size() / batchSize;
      return dropLast || data.size() % batchSize == 0 ? full : full + 1;
    }

    private static int atLeast(String what, int value, int least) {
      if (value < least) {
        throw new IllegalArgumentException(
            "%s: expected at least %s, found %s".formatted(what, least, value));
      }
      return value;
    }
  }
}
