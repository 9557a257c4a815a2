package ai.lacuna.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * The end of a loss that the network's graph does not compute: made of a function's results, with
 * gradients through them. Owns native memory, on one device and for one thread at a time.
 */
public interface LossTail extends AutoCloseable {
  /**
   * Completes a loss. Called while operations are recorded.
   *
   * @param results of the function, the graph's scalar loss first
   * @return the whole loss, a scalar that belongs to the results' manager
   */
  NDArray complete(NDList results);

  @Override
  void close();

  /** Opens the tail on a device. */
  @FunctionalInterface
  interface Factory {
    /** The tail on a device; the caller closes it. */
    LossTail open(Device device);
  }

  /** The graph's loss is the whole one. */
  static LossTail none() {
    return new LossTail() {
      @Override
      public NDArray complete(NDList results) {
        return results.get(0);
      }

      @Override
      public void close() {
        // Nothing is open.
      }
    };
  }
}
