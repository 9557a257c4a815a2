package ai.lacuna.data;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Batches of data that is read in its order. Batches take their turns: each reads on until its own
 * samples have come by, and leaves those of later batches waiting, at most a shuffle buffer of
 * them. Decoding is outside the turn. What damages a stream is no matter of one sample, and ends
 * it.
 *
 * <p>Another sample of its batch stands in for a damaged one. A batch that has no whole one, as may
 * be one of a single sample, has it from anywhere in the data, which is unpacked once more up to
 * there.
 */
final class StreamedSource implements BatchSource {
  private final StreamedShards data;
  private final Shards shards;
  private final StreamOrder order;
  private final int batchSize;
  private final Function<EncodedImage, Sample> decoding;
  private final BitSet needed = new BitSet();
  private final Map<Integer, EncodedImage> waiting = new HashMap<>();
  private int turn;
  private int nextShard;
  private @Nullable ShardReader reader;
  private @Nullable Exception failure;

  /**
   * Prepares to read.
   *
   * @param data the whole of it, of which the order may leave samples out
   * @param decoding makes a sample of a file
   * @param from the first batch that will be asked for
   * @param to behind the last batch
   */
  StreamedSource(
      StreamedShards data,
      StreamOrder order,
      int batchSize,
      Function<EncodedImage, Sample> decoding,
      int from,
      int to) {
    this.data = data;
    this.shards = data.shards();
    this.decoding = decoding;
    this.order = order;
    this.batchSize = batchSize;
    this.turn = from;
    int end = (int) Math.min((long) to * batchSize, order.samples().length);
    for (int i = from * batchSize; i < end; i++) {
      needed.set(order.samples()[i]);
    }
  }

  @Override
  public synchronized Draw draw(int batch) throws IOException, InterruptedException {
    while (turn != batch && failure == null) {
      wait();
    }
    if (failure != null) {
      throw new DataException(String.valueOf(failure.getMessage()), failure);
    }
    try {
      Draw draw = read(batch);
      turn++;
      return draw;
    } catch (IOException | RuntimeException e) {
      failure = e;
      throw e;
    } finally {
      notifyAll();
    }
  }

  private Draw read(int batch) throws IOException {
    int from = batch * batchSize;
    int to = Math.min(from + batchSize, order.samples().length);
    int[] indices = Arrays.copyOfRange(order.samples(), from, to);
    Map<Integer, EncodedImage> images = new HashMap<>();
    for (int index : indices) {
      while (!waiting.containsKey(index)) {
        readOne();
      }
      images.put(index, Objects.requireNonNull(waiting.remove(index)));
    }
    return new Draw(
        indices,
        indices,
        order.samples(),
        index -> {
          EncodedImage image = images.get(index);
          return decoding.apply(image == null ? data.encoded(index) : image);
        });
  }

  /** Keeps the next sample that some batch needs. */
  private void readOne() throws IOException {
    ShardReader open = reader;
    if (open == null) {
      int shard = order.shards()[nextShard++];
      if (needed.nextSetBit(shards.first(shard)) >= shards.first(shard + 1)
          || needed.nextSetBit(shards.first(shard)) < 0) {
        return; // All of it lies in batches before the start.
      }
      open = new ShardReader(shards, shard);
      reader = open;
    }
    while (open.hasNext() && !needed.get(open.index())) {
      open.skip();
    }
    if (open.hasNext()) {
      needed.clear(open.index());
      waiting.put(open.index(), open.next());
    } else {
      open.close();
      reader = null;
    }
  }

  @Override
  public synchronized void close() throws IOException {
    waiting.clear();
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
