package ai.lacuna.data;

import java.util.Arrays;

/** Batches of data that is read at any place. */
@SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
record IndexedSource(int[] order, int batchSize, Reading reading) implements BatchSource {
  private static final int[] NONE = {};

  @Override
  public Draw draw(int batch) {
    int from = batch * batchSize;
    int to = Math.min(from + batchSize, order.length);
    return new Draw(Arrays.copyOfRange(order, from, to), order, NONE, reading);
  }

  @Override
  public void close() {
    // Nothing stays open between two samples.
  }
}
