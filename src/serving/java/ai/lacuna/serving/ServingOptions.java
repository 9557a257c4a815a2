package ai.lacuna.serving;

import java.util.regex.Pattern;

/**
 * How a model runs.
 *
 * @param device {@code cpu}, {@code cuda} (the first GPU) or {@code cuda:n}
 * @param threads threads of one call; 0 leaves it to ONNX Runtime, which takes one per core
 * @param maxBatch images of one call of the network; longer lists are cut into such calls
 * @param splitUpTo bytes of a model up to which it is opened a second time, so that lists of images
 *     run on the CPU as several calls at once, one thread each, instead of one call with all
 *     threads: some 10 % faster in float32, 20 % in 8 bits, and images are prepared side by side; 0
 *     for never, which takes the weights' memory once
 * @param arena whether ONNX Runtime keeps freed memory for the next call, which is faster; without,
 *     memory goes back to the system after each call
 */
public record ServingOptions(
    String device, int threads, int maxBatch, long splitUpTo, boolean arena) {
  /** 128 MiB: a ViT-S in float32, a ViT-B in 8 bits. */
  private static final long SPLIT_UP_TO = 128L << 20;

  private static final Pattern DEVICE = Pattern.compile("cpu|cuda(:[0-9]{1,3})?");

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  public ServingOptions {
    if (!DEVICE.matcher(device).matches()) {
      throw new IllegalArgumentException(
          "device: expected cpu, cuda or cuda:n, found " + device + "; choose one of the three");
    }
    if (threads < 0) {
      throw new IllegalArgumentException("threads: expected 0 or more, found " + threads);
    }
    if (maxBatch < 1) {
      throw new IllegalArgumentException("maxBatch: expected at least 1, found " + maxBatch);
    }
    if (splitUpTo < 0) {
      throw new IllegalArgumentException("splitUpTo: expected 0 or more, found " + splitUpTo);
    }
  }

  /**
   * The CPU, ONNX Runtime's choice of threads, at most 32 images in a call, lists split over models
   * of up to 128 MiB, an arena.
   */
  public static ServingOptions defaults() {
    return new ServingOptions("cpu", 0, 32, SPLIT_UP_TO, true);
  }

  /** The same on another device. */
  public ServingOptions withDevice(String newDevice) {
    return new ServingOptions(newDevice, threads, maxBatch, splitUpTo, arena);
  }

  /** The same with another number of threads. */
  public ServingOptions withThreads(int newThreads) {
    return new ServingOptions(device, newThreads, maxBatch, splitUpTo, arena);
  }

  /** The same with another largest batch. */
  public ServingOptions withMaxBatch(int newMaxBatch) {
    return new ServingOptions(device, threads, newMaxBatch, splitUpTo, arena);
  }

  /** The same with another size of models that are opened twice, in bytes; 0 for none. */
  public ServingOptions withSplitUpTo(long bytes) {
    return new ServingOptions(device, threads, maxBatch, bytes, arena);
  }

  /** The same with or without an arena. */
  public ServingOptions withArena(boolean newArena) {
    return new ServingOptions(device, threads, maxBatch, splitUpTo, newArena);
  }

  /** Threads of one call, as ONNX Runtime counts them at most. */
  int cores() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }

  boolean wantsCuda() {
    return device.startsWith("cuda");
  }

  int gpu() {
    int colon = device.indexOf(':');
    return colon < 0 ? 0 : Integer.parseInt(device.substring(colon + 1));
  }
}
