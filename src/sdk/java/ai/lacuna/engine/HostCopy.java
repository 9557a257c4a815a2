package ai.lacuna.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.function.Function;

/**
 * Reads arrays that live long, on whichever device.
 *
 * <p>What DJL reads of a GPU's array it copies to the host first, and it keeps that copy, under a
 * new manager, as long as the manager of the array is open: with each checkpoint a run would grow
 * by its weights and moments.
 */
public final class HostCopy {
  private HostCopy() {}

  /**
   * Reads an array on the host, and leaves nothing behind.
   *
   * @param array on any device
   * @param reader is given the array itself if it is on the host, else a copy that is closed after
   * @return what the reader gives, which must not use the array's memory
   */
  public static <T> T read(NDArray array, Function<NDArray, T> reader) {
    NDManager owner = array.getManager();
    NDArray host = array.toDevice(Device.cpu(), false);
    try {
      return reader.apply(host);
    } finally {
      if (host.getManager() != owner) {
        host.getManager().close();
      }
    }
  }

  /**
   * The values of a float32 array in row-major order.
   *
   * @param array on any device
   */
  public static float[] floats(NDArray array) {
    return read(array, NDArray::toFloatArray);
  }
}
