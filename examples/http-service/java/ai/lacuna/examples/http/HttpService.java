package ai.lacuna.examples.http;

import ai.lacuna.serving.BodyTooLargeException;
import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.ImageIntake;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.batch.BatchOptions;
import ai.lacuna.serving.batch.Batcher;
import ai.lacuna.serving.batch.MicrometerListener;
import ai.lacuna.serving.batch.RejectedRequestException;
import com.google.gson.Gson;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.staticfiles.Location;
import io.javalin.util.JavalinBindException;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A classifier's bundle over HTTP: {@code HttpService BUNDLE PORT}, then open the page, or post an
 * image's bytes to {@code /v1/embed} or {@code /v1/classify}.
 *
 * <p>A request first takes a place in its batcher's queue; without one it hears 503 before its body
 * is read. Only then its image is read, decoded by one of few threads, batched and answered.
 */
public final class HttpService implements AutoCloseable {
  static final int MAX_BODY = 8 << 20;
  private static final int MAX_PIXELS = 16_000_000;
  private static final int TOP_K = 5;
  private static final int SPARE_THREADS = 64;
  private static final System.Logger LOG = System.getLogger(HttpService.class.getName());
  private static final String BROKEN_OFF =
      "body: expected it whole, found that it broke off; send it again";
  private static final Gson GSON = new Gson();
  private static final HttpStatus TOO_LARGE = HttpStatus.CONTENT_TOO_LARGE;
  private static final HttpStatus BUSY = HttpStatus.SERVICE_UNAVAILABLE;
  private static final HttpStatus BROKEN = HttpStatus.INTERNAL_SERVER_ERROR;
  private static final long DRAIN_MILLIS = 5_000;
  private static final Duration LINGER = Duration.ofSeconds(4);

  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final OnnxEncoder encoder;
  private final OnnxClassifier classifier;
  private final Batcher<Prepared, float[]> embed;
  private final Batcher<Prepared, List<Prediction>> classify;
  private final ImageIntake intake;
  private final QueuedThreadPool threads;
  private final Javalin server;

  /** Starts the service; port 0 takes a free one. */
  public HttpService(Bundle bundle, BatchOptions options, int port) {
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
    intake = new ImageIntake(encoder::prepare, MAX_BODY, MAX_PIXELS);
    // More than may read bodies at once: a refusal always finds a thread.
    threads = new QueuedThreadPool(2 * options.queueCapacity() + SPARE_THREADS);
    server = Javalin.create(config -> configure(config, name(bundle)));
    try {
      server.start(port);
    } catch (JavalinBindException e) {
      close();
      throw e;
    }
  }

  private void configure(JavalinConfig config, String model) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.staticFiles.add("/public", Location.CLASSPATH);
    config.jetty.threadPool = threads;
    config.jetty.modifyServer(
        jetty -> {
          jetty.setHandler(new GracefulHandler()); // lets stop() wait for answers
          jetty.setStopTimeout(DRAIN_MILLIS);
        });
    config
        .routes
        .get("/health", context -> json(context, Map.of("status", "up", "model", model)))
        .get("/metrics", context -> context.result(metrics.scrape()))
        .post("/v1/embed", context -> answer(context, embed, e -> Map.of("embedding", finite(e))))
        .post("/v1/classify", context -> answer(context, classify, p -> Map.of("classes", p)))
        .exception(ImageException.class, (e, c) -> fail(c, HttpStatus.UNPROCESSABLE_CONTENT, e))
        .exception(RejectedRequestException.class, (e, c) -> fail(c, BUSY, e))
        .exception(IllegalArgumentException.class, (e, c) -> fail(c, HttpStatus.BAD_REQUEST, e))
        .exception(BundleException.class, (e, c) -> fail(c, BROKEN, e))
        .exception(NotFiniteException.class, (e, c) -> fail(c, BROKEN, e))
        .exception(IOException.class, (e, c) -> fail(c, HttpStatus.BAD_REQUEST, BROKEN_OFF))
        .exception(TimeoutException.class, (e, c) -> fail(c, BUSY, "no answer in time"))
        .exception(
            Exception.class,
            (e, c) -> {
              LOG.log(Level.ERROR, c.path() + " failed", e);
              fail(c, BROKEN, "the service failed; its log says why");
            });
  }

  private <R> void answer(Context context, Batcher<Prepared, R> front, Function<R, Object> shape)
      throws IOException {
    try {
      // Before anything is read: refusing waits for no other request.
      Batcher<Prepared, R>.Place place = front.reserve();
      long length = context.req().getContentLengthLong();
      // Opening a body asks for it, where the client waits to be asked.
      InputStream body =
          length > MAX_BODY ? InputStream.nullInputStream() : context.bodyInputStream();
      CompletableFuture<R> answer = intake.submit(body, length, place);
      // Writing answers must not keep the batcher's thread from the next batch.
      context.future(
          () -> answer.thenAcceptAsync(result -> json(context, shape.apply(result)), threads));
    } catch (BodyTooLargeException e) {
      refuse(context, TOO_LARGE, e);
    } catch (RejectedRequestException e) {
      refuse(context, BUSY, e);
    }
  }

  /** Answers at once, and then takes what the client still sends. */
  private static void refuse(Context context, HttpStatus status, Exception e) throws IOException {
    fail(context, status, e);
    byte[] whole = String.valueOf(context.result()).getBytes(StandardCharsets.UTF_8);
    context.res().setContentLength(whole.length);
    context.res().getOutputStream().write(whole);
    context.res().flushBuffer();
    context.result("");
    ServletInputStream body = context.req().getInputStream();
    context.future(() -> UnreadBody.drain(body, LINGER));
  }

  private static final class NotFiniteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotFiniteException(String message) {
      super(message);
    }
  }

  /** JSON has no word for what a broken network may answer. */
  private static float[] finite(float[] embedding) {
    for (float value : embedding) {
      if (!Float.isFinite(value)) {
        throw new NotFiniteException(
            "the encoder answered with " + value + "; check the weights that were exported");
      }
    }
    return embedding;
  }

  private static void fail(Context context, HttpStatus status, Exception e) {
    fail(context, status, String.valueOf(e.getMessage()));
  }

  private static void fail(Context context, HttpStatus status, String why) {
    if (status == BUSY) {
      context.header("Retry-After", "1");
    }
    json(context.status(status), Map.of("error", why));
  }

  private static void json(Context context, Object value) {
    context.contentType("application/json").result(GSON.toJson(value));
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
    intake.close();
    server.stop();
    classifier.close();
    encoder.close();
  }

  /** Serves until the process is asked to end; exit code 2 says that it could not begin. */
  public static void main(String[] args) {
    Optional<HttpService> service = start(args, System.err);
    if (service.isEmpty()) {
      System.exit(2);
    }
    service.ifPresent(s -> Runtime.getRuntime().addShutdownHook(new Thread(s::close)));
  }

  /** None if the arguments or the bundle are wrong, which it says in a line. */
  static Optional<HttpService> start(String[] args, PrintStream err) {
    if (args.length != 2 || !args[1].matches("[0-9]{1,5}") || Integer.parseInt(args[1]) > 65535) {
      err.println("usage: HttpService BUNDLE PORT, a port of 0 to 65535");
      return Optional.empty();
    }
    try {
      Bundle bundle = Bundle.open(Path.of(args[0]));
      return Optional.of(
          new HttpService(bundle, BatchOptions.defaults(), Integer.parseInt(args[1])));
    } catch (BundleException | JavalinBindException | IOException e) {
      err.println(e.getMessage());
      return Optional.empty();
    }
  }
}
