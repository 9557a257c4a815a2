package ai.lacuna.examples.http;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.batch.BatchOptions;
import ai.lacuna.serving.batch.Batcher;
import ai.lacuna.serving.batch.MicrometerListener;
import ai.lacuna.serving.batch.RejectedRequestException;
import com.google.gson.Gson;
import io.javalin.Javalin;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.staticfiles.Location;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.eclipse.jetty.server.handler.StatisticsHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A classifier's bundle over HTTP: {@code HttpService BUNDLE PORT}, then open the page, or post an
 * image's bytes to {@code /v1/embed} or {@code /v1/classify}.
 */
public final class HttpService implements AutoCloseable {
  static final int MAX_BODY = 8 << 20;
  static final int MAX_PIXELS = 16_000_000;
  private static final int TOP_K = 5;
  private static final int THREADS = 128;
  private static final long DRAIN_MILLIS = 5_000;

  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  // Bounds the heap: an image of 16 megapixels takes 48 MB while it is decoded.
  private final Semaphore decoding = new Semaphore(2 * Runtime.getRuntime().availableProcessors());
  private final Semaphore admitted;
  private final OnnxEncoder encoder;
  private final OnnxClassifier classifier;
  private final Batcher<Prepared, float[]> embed;
  private final Batcher<Prepared, List<Prediction>> classify;
  private final Javalin server;

  /** Starts the service; port 0 takes a free one. */
  public HttpService(Bundle bundle, BatchOptions options, int port) {
    admitted = new Semaphore(options.queueCapacity());
    encoder = bundle.encoder();
    classifier = bundle.classifier();
    embed =
        new Batcher<>(
            images -> List.of(encoder.embedPrepared(images, Pooling.CLS_MEAN)),
            options,
            listener("embed"));
    classify =
        new Batcher<>(
            images -> classifier.classifyPrepared(images, TOP_K), options, listener("classify"));
    server =
        Javalin.create(
            config -> {
              config.showJavalinBanner = false;
              config.staticFiles.add("/public", Location.CLASSPATH);
              config.jetty.threadPool = new QueuedThreadPool(THREADS);
              config.jetty.modifyServer(
                  jetty -> {
                    jetty.setHandler(new StatisticsHandler()); // lets stop() wait for answers
                    jetty.setStopTimeout(DRAIN_MILLIS);
                  });
            });
    server.get("/health", context -> json(context, Map.of("status", "up", "model", name(bundle))));
    server.get("/metrics", context -> context.result(metrics.scrape()));
    server.post("/v1/embed", context -> answer(context, embed, e -> Map.of("embedding", e)));
    server.post("/v1/classify", context -> answer(context, classify, p -> Map.of("classes", p)));
    server.exception(ImageException.class, (e, c) -> fail(c, HttpStatus.UNPROCESSABLE_CONTENT, e));
    server.exception(
        ContentTooLargeResponse.class, (e, c) -> fail(c, HttpStatus.CONTENT_TOO_LARGE, e));
    server.exception(RejectedRequestException.class, HttpService::busy);
    server.exception(IllegalArgumentException.class, (e, c) -> fail(c, HttpStatus.BAD_REQUEST, e));
    server.exception(TimeoutException.class, (e, c) -> unavailable(c, "no answer in time"));
    server.start(port);
  }

  private <R> void answer(Context context, Batcher<Prepared, R> front, Function<R, Object> shape)
      throws IOException, InterruptedException {
    // Before anything is read: refusing is quick, and what is accepted fits into the heap.
    if (!admitted.tryAcquire()) {
      unavailable(context, "expected room for a request, found none; try again later");
      return;
    }
    CompletableFuture<R> result;
    try {
      result = front.submit(image(context)).whenComplete((answer, failure) -> admitted.release());
    } catch (IOException | InterruptedException | RuntimeException e) {
      admitted.release();
      throw e;
    }
    context.future(() -> result.thenAccept(answer -> json(context, shape.apply(answer))));
  }

  private Prepared image(Context context) throws IOException, InterruptedException {
    byte[] body = context.bodyInputStream().readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      throw new ContentTooLargeResponse(
          "body: expected at most " + MAX_BODY + " bytes, found more; shrink the image");
    }
    decoding.acquire();
    try {
      return encoder.prepare(Pixels.read(body, "body", MAX_PIXELS));
    } finally {
      decoding.release();
    }
  }

  private static void busy(RejectedRequestException e, Context context) {
    unavailable(context, String.valueOf(e.getMessage()));
  }

  private static void unavailable(Context context, String why) {
    json(
        context.status(HttpStatus.SERVICE_UNAVAILABLE).header("Retry-After", "1"),
        Map.of("error", why));
  }

  private static void fail(Context context, HttpStatus status, Exception e) {
    json(context.status(status), Map.of("error", String.valueOf(e.getMessage())));
  }

  private static void json(Context context, Object value) {
    context.contentType("application/json").result(new Gson().toJson(value));
  }

  private static String name(Bundle bundle) {
    return bundle.manifest().name();
  }

  private MicrometerListener listener(String route) {
    return new MicrometerListener(metrics, Tags.of("route", route));
  }

  int port() {
    return server.port();
  }

  /** Refuses new images, answers those that were accepted, then stops. */
  @Override
  public void close() {
    embed.close();
    classify.close();
    server.stop();
    classifier.close();
    encoder.close();
  }

  /** Serves until the process is asked to end. */
  public static void main(String[] args) throws IOException {
    HttpService service =
        new HttpService(
            Bundle.open(Path.of(args[0])), BatchOptions.defaults(), Integer.parseInt(args[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(service::close));
  }
}
