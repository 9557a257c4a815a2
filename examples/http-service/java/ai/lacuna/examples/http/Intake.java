package ai.lacuna.examples.http;

import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.batch.Batcher;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.ServiceUnavailableResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * From a request's body to the answer of a batcher, within bounds: bodies in work take a quarter of
 * the heap at most, and so do the images that are being decoded. Who calls holds a place in the
 * batcher's queue already, so that nothing is read or decoded that finds no room there.
 */
final class Intake implements AutoCloseable {
  static final int MAX_BODY = 8 << 20;
  static final int MAX_PIXELS = 16_000_000;
  private static final int PIXEL_BYTES = 3;

  private final Function<Pixels, Prepared> prepare;
  private final Semaphore kilobytes;
  private final ExecutorService decoders;

  Intake(Function<Pixels, Prepared> prepare) {
    long quarter = Runtime.getRuntime().maxMemory() / 4;
    long images = Math.max(1, quarter / (PIXEL_BYTES * (long) MAX_PIXELS));
    this.prepare = prepare;
    this.kilobytes = new Semaphore((int) Math.min(Integer.MAX_VALUE, quarter >> 10));
    this.decoders =
        Executors.newFixedThreadPool(
            (int) Math.min(Runtime.getRuntime().availableProcessors(), images));
  }

  /**
   * Reads a body here and decodes it on one of few other threads.
   *
   * @param length as the client says; less than 0 if it does not
   * @param place is used, or given back, whatever happens
   */
  <R> CompletableFuture<R> submit(InputStream body, long length, Batcher<Prepared, R>.Place place)
      throws IOException {
    int held = 1 + (int) (length < 0 || length > MAX_BODY ? MAX_BODY : length) / 1024;
    if (!kilobytes.tryAcquire(held)) {
      place.close();
      throw new ServiceUnavailableResponse(
          "expected room for a body of " + held + " KB, found others; try again later");
    }
    try {
      byte[] file = body.readNBytes(MAX_BODY + 1);
      if (file.length > MAX_BODY) {
        throw new ContentTooLargeResponse(
            "body: expected at most " + MAX_BODY + " bytes, found more; shrink the image");
      }
      return CompletableFuture.supplyAsync(() -> decode(file, held), decoders)
          .thenCompose(place::submit)
          .whenComplete((answer, failure) -> place.close());
    } catch (IOException | RuntimeException e) {
      kilobytes.release(held);
      place.close();
      throw e;
    }
  }

  private Prepared decode(byte[] file, int held) {
    try {
      return prepare.apply(Pixels.read(file, "body", MAX_PIXELS));
    } finally {
      kilobytes.release(held);
    }
  }

  @Override
  public void close() {
    decoders.shutdown();
  }
}
