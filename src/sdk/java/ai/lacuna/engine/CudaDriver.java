package ai.lacuna.engine;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * NVIDIA's driver, asked by its own C functions. DJL asks the CUDA toolkit, which most machines do
 * not have: libtorch brings what it needs of it.
 *
 * <p>Devices are those that {@code CUDA_VISIBLE_DEVICES} shows, in its order, as for libtorch.
 */
final class CudaDriver {
  private static final String LIBRARY = Platform.isWindows() ? "nvcuda" : "libcuda.so.1";
  private static final int SUCCESS = 0;

  /** Bytes that a name has room in. */
  private static final int NAME = 256;

  /** Bytes of a {@code size_t}, of which the driver writes two. */
  private static final int SIZE = Long.BYTES;

  private CudaDriver() {}

  /** The GPUs that the driver shows; 0 without a driver. */
  static int count() {
    IntByReference count = new IntByReference();
    return driver().filter(library -> done(library, "cuDeviceGetCount", count)).isPresent()
        ? count.getValue()
        : 0;
  }

  /**
   * What a GPU is called.
   *
   * @param index the GPU's number, from 0
   * @return empty if there is no driver or no such GPU
   */
  static Optional<String> name(int index) {
    return driver().flatMap(library -> name(library, index));
  }

  private static Optional<String> name(NativeLibrary library, int index) {
    IntByReference device = new IntByReference();
    if (!done(library, "cuDeviceGet", device, index)) {
      return Optional.empty();
    }
    try (Memory text = new Memory(NAME)) {
      return done(library, "cuDeviceGetName", text, NAME, device.getValue())
          ? Optional.of(text.getString(0))
          : Optional.empty();
    }
  }

  /**
   * Bytes of a GPU's memory in use now, by all processes.
   *
   * @param index the GPU's number, from 0
   * @return empty if there is no driver or no such GPU
   */
  static OptionalLong memoryUsed(int index) {
    return driver().map(library -> memoryUsed(library, index)).orElse(OptionalLong.empty());
  }

  private static OptionalLong memoryUsed(NativeLibrary library, int index) {
    IntByReference device = new IntByReference();
    PointerByReference context = new PointerByReference();
    // The context that libtorch computes in; the driver counts who holds it.
    if (!done(library, "cuDeviceGet", device, index)
        || !done(library, "cuDevicePrimaryCtxRetain", context, device.getValue())) {
      return OptionalLong.empty();
    }
    try {
      return inContext(library, context.getValue());
    } finally {
      done(library, "cuDevicePrimaryCtxRelease_v2", device.getValue());
    }
  }

  private static OptionalLong inContext(NativeLibrary library, Pointer context) {
    if (!done(library, "cuCtxPushCurrent_v2", context)) {
      return OptionalLong.empty();
    }
    try (Memory sizes = new Memory(2L * SIZE)) {
      return done(library, "cuMemGetInfo_v2", sizes, sizes.share(SIZE))
          ? OptionalLong.of(sizes.getLong(SIZE) - sizes.getLong(0))
          : OptionalLong.empty();
    } finally {
      done(library, "cuCtxPopCurrent_v2", new PointerByReference());
    }
  }

  private static Optional<NativeLibrary> driver() {
    try {
      NativeLibrary library = NativeLibrary.getInstance(LIBRARY);
      return done(library, "cuInit", 0) ? Optional.of(library) : Optional.empty();
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty(); // A machine without the driver has no GPU to ask about.
    }
  }

  private static boolean done(NativeLibrary library, String function, Object... arguments) {
    return library.getFunction(function).invokeInt(arguments) == SUCCESS;
  }
}
