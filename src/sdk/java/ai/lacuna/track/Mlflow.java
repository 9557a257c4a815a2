package ai.lacuna.track;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * Sends figures to an MLflow server by its REST API 2.0.
 *
 * <p>Figures are sent by a thread of its own, so that a slow server does not slow the training; a
 * queue that is full is a failure. The first failure is thrown by the next call.
 */
public final class Mlflow implements Tracker {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int QUEUE = 1000;

  /** MLflow takes at most 1,000 metrics, and 100 parameters, in one call. */
  private static final int MOST_METRICS = 1000;

  private static final int MOST_PARAMETERS = 100;

  /** MLflow's longest parameter value in all its versions. */
  private static final int LONGEST = 250;

  /** MLflow allows letters, digits, and these in a metric's name. */
  private static final Pattern FORBIDDEN = Pattern.compile("[^A-Za-z0-9_. /-]");

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final URI server;
  private final ExecutorService sender =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(QUEUE),
          task -> {
            Thread thread = new Thread(task, "lacuna-mlflow");
            thread.setDaemon(true);
            return thread;
          });
  private final AtomicReference<List<TrackerException>> failures = new AtomicReference<>(List.of());
  private String run = "";

  private Mlflow(URI server) {
    this.server = server;
  }

  /**
   * Makes a run on a server.
   *
   * @param server the server, such as {@code http://localhost:5000}
   * @param experiment the experiment's name; made if there is none
   * @param runName the run's name
   * @param parameters the configuration
   * @return the tracker; close it
   * @throws TrackerException if the server can't be reached, or refuses
   */
  public static Mlflow start(
      URI server, String experiment, String runName, Map<String, String> parameters) {
    Mlflow mlflow = new Mlflow(server);
    String experimentId = mlflow.experiment(experiment);
    JsonObject create = new JsonObject();
    create.addProperty("experiment_id", experimentId);
    create.addProperty("run_name", runName);
    create.addProperty("start_time", System.currentTimeMillis());
    mlflow.run = mlflow.post("runs/create", create, "run", "info", "run_id");
    List<JsonObject> pairs = new ArrayList<>();
    parameters.forEach(
        (key, value) -> {
          JsonObject pair = new JsonObject();
          pair.addProperty("key", FORBIDDEN.matcher(key).replaceAll("_"));
          pair.addProperty("value", value.substring(0, Math.min(LONGEST, value.length())));
          pairs.add(pair);
        });
    mlflow.batches("params", pairs, MOST_PARAMETERS);
    return mlflow;
  }

  private String experiment(String name) {
    JsonObject create = new JsonObject();
    create.addProperty("name", name);
    HttpResponse<String> created = send("experiments/create", create);
    if (created.statusCode() == 200) {
      return string(created.body(), "experiments/create", "experiment_id");
    }
    String path = "experiments/get-by-name?experiment_name=" + encode(name);
    HttpResponse<String> found = exchange(request(path).GET().build());
    if (found.statusCode() != 200) {
      throw refusal("experiments/create", created);
    }
    return string(found.body(), path, "experiment", "experiment_id");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public String name() {
    return "MLflow";
  }

  /** The run's id on the server. */
  public String runId() {
    return run;
  }

  @Override
  public void figures(long step, Map<String, Double> figures) {
    long now = System.currentTimeMillis();
    List<JsonObject> metrics = new ArrayList<>();
    figures.forEach(
        (name, value) -> {
          if (Double.isFinite(value)) {
            JsonObject metric = new JsonObject();
            metric.addProperty("key", FORBIDDEN.matcher(name).replaceAll("_"));
            metric.addProperty("value", value);
            metric.addProperty("timestamp", now);
            metric.addProperty("step", step);
            metrics.add(metric);
          }
        });
    try {
      sender.execute(() -> attempt(() -> batches("metrics", metrics, MOST_METRICS)));
    } catch (RejectedExecutionException e) {
      throw new TrackerException(server + ": too slow; figures of step " + step + " are lost", e);
    }
    throwFailure();
  }

  private void attempt(Runnable work) {
    try {
      work.run();
    } catch (TrackerException e) {
      failures.set(List.of(e));
    }
  }

  private void throwFailure() {
    for (TrackerException failure : failures.getAndSet(List.of())) {
      throw failure;
    }
  }

  private void batches(String kind, List<JsonObject> entries, int most) {
    for (int from = 0; from < entries.size(); from += most) {
      JsonArray array = new JsonArray();
      entries.subList(from, Math.min(entries.size(), from + most)).forEach(array::add);
      JsonObject batch = new JsonObject();
      batch.addProperty("run_id", run);
      batch.add(kind, array);
      post("runs/log-batch", batch);
    }
  }

  /** Sends what waits, and ends the run as finished. */
  @Override
  public void close() {
    if (sender.isShutdown()) {
      return;
    }
    JsonObject update = new JsonObject();
    update.addProperty("run_id", run);
    update.addProperty("status", "FINISHED");
    update.addProperty("end_time", System.currentTimeMillis());
    sender.execute(() -> attempt(() -> post("runs/update", update)));
    sender.shutdown();
    try {
      if (!sender.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        sender.shutdownNow();
        throw new TrackerException(server + ": too slow; the last figures are lost");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throwFailure();
  }

  private String post(String path, JsonObject body, String... field) {
    HttpResponse<String> response = send(path, body);
    if (response.statusCode() != 200) {
      throw refusal(path, response);
    }
    return field.length == 0 ? "" : string(response.body(), path, field);
  }

  private TrackerException refusal(String path, HttpResponse<String> response) {
    String body = response.body().strip().replaceAll("\\s+", " ");
    return new TrackerException(
        "%s: expected %s to answer 200, found %d: %s"
            .formatted(
                server,
                path,
                response.statusCode(),
                body.substring(0, Math.min(LONGEST, body.length()))));
  }

  private String string(String body, String path, String... field) {
    try {
      JsonObject object = JsonParser.parseString(body).getAsJsonObject();
      for (int i = 0; i + 1 < field.length; i++) {
        object = object.getAsJsonObject(field[i]);
      }
      return object.get(field[field.length - 1]).getAsString();
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new TrackerException(
          server + ": expected the answer of an MLflow server to " + path + ", found another", e);
    }
  }

  private HttpResponse<String> send(String path, JsonObject body) {
    return exchange(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build());
  }

  private HttpRequest.Builder request(String path) {
    String base = server.toString().replaceFirst("/+$", "");
    return HttpRequest.newBuilder(URI.create(base + "/api/2.0/mlflow/" + path)).timeout(PATIENCE);
  }

  private HttpResponse<String> exchange(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new TrackerException(
          server + ": no answer (" + e.getClass().getSimpleName() + "); is the server running?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrackerException(server + ": interrupted", e);
    }
  }
}
