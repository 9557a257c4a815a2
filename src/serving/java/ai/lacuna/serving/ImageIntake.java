package ai.lacuna.serving;

import ai.lacuna.serving.batch.Batcher;
import ai.lacuna.serving.batch.RejectedRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * From a request's body to the answer of a {@link Batcher}, within bounds: bodies in work take a
 * quarter of the heap at most, and so do the images that are being decoded, on as many threads as
 * there are cores. Who calls holds a place in the batcher's queue already, so that nothing is read
 * or decoded that finds no room there:
 *
 * <pre>{@code
 * ImageIntake intake = new ImageIntake(encoder::prepare, 8 << 20, 16_000_000);
 * CompletableFuture<float[]> answer = intake.submit(body, contentLength, front.reserve());
 * }</pre>
 *
 * <p>Closing lets images finish that were taken. Safe for use by many threads at once.
 */
public final class ImageIntake implements AutoCloseable {
  /** Red, green and blue. */
  private static final int PIXEL_BYTES = 3;

  private final Function<Pixels, Prepared> prepare;
  private final int maxBytes;
  private final int maxPixels;
  private final Semaphore kilobytes;
  private final ExecutorService decoders;

  /**
   * An intake.
   *
   * @param prepare what the batcher's requests are made by, such as {@code encoder::prepare}
   * @param maxBytes the longest body, at least 1
   * @param maxPixels the largest image, height times width, from 1 to {@link Pixels#MAX_PIXELS}
   * @throws IllegalArgumentException if a number is out of its range
   */
  public ImageIntake(Function<Pixels, Prepared> prepare, int maxBytes, int maxPixels) {
    this(prepare, maxBytes, maxPixels, Runtime.getRuntime().maxMemory() / 4);
  }

  ImageIntake(Function<Pixels, Prepared> prepare, int maxBytes, int maxPixels, long memory) {
    if (maxBytes < 1 || maxPixels < 1 || maxPixels > Pixels.MAX_PIXELS) {
      throw new IllegalArgumentException(
          "limits: expected at least 1 byte, and 1 to %s pixels, found %s and %s"
              .formatted(Pixels.MAX_PIXELS, maxBytes, maxPixels));
    }
    long images = Math.max(1, memory / (PIXEL_BYTES * (long) maxPixels));
    AtomicInteger count = new AtomicInteger();
    this.prepare = prepare;
    this.maxBytes = maxBytes;
    this.maxPixels = maxPixels;
    this.kilobytes = new Semaphore((int) Math.min(Integer.MAX_VALUE, memory >> 10));
    this.decoders =
        Executors.newFixedThreadPool(
            (int) Math.min(Runtime.getRuntime().availableProcessors(), images),
            task -> {
              Thread thread = new Thread(task, "lacuna-decode-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Reads a body here and decodes it on one of few other threads.
   *
   * @param body read to its end or to the limit; the caller closes it
   * @param length as the client says; less than 0 if it does not. Of a body that says it is too
   *     long nothing is read
   * @param place is used, or given back, whatever happens
   * @param <R> an answer
   * @return the answer; fails with {@link ImageException} if the body is no image
   * @throws BodyTooLargeException if it has more bytes than the limit
   * @throws RejectedRequestException if other bodies leave no room for it
   * @throws IOException if the stream fails
   */
  public <R> CompletableFuture<R> submit(
      InputStream body, long length, Batcher<Prepared, R>.Place place) throws IOException {
    if (length > maxBytes) {
      place.close();
      throw new BodyTooLargeException(
          "body: expected at most %s bytes, found %s; shrink the image"
              .formatted(maxBytes, length));
    }
    int most = (int) (length < 0 ? maxBytes : length);
    int held = 1 + most / 1024;
    if (!kilobytes.tryAcquire(held)) {
      place.close();
      throw new RejectedRequestException(
          RejectedRequestException.Reason.OVERLOADED,
          "expected room for a body of " + held + " KB, found others; try again later");
    }
    try {
      byte[] file = body.readNBytes(most);
      if (body.read() >= 0) {
        throw new BodyTooLargeException(
            "body: expected at most " + most + " bytes, found more; shrink the image");
      }
      return CompletableFuture.supplyAsync(() -> decode(file, held), decoders)
          .thenCompose(place::submit)
          .whenComplete((answer, failure) -> place.close());
    } catch (RejectedExecutionException e) {
      giveBack(held, place);
      throw new RejectedRequestException(
          RejectedRequestException.Reason.CLOSED, "expected an open intake, found it closed");
    } catch (IOException | RuntimeException | Error e) { // also an OutOfMemoryError
      giveBack(held, place);
      throw e;
    }
  }

  private <R> void giveBack(int held, Batcher<Prepared, R>.Place place) {
    kilobytes.release(held);
    place.close();
  }

  private Prepared decode(byte[] file, int held) {
    try {
      return prepare.apply(Pixels.read(file, "body", maxPixels));
    } finally {
      kilobytes.release(held);
    }
  }

  @Override
  public void close() {
    decoders.shutdown();
  }
}
