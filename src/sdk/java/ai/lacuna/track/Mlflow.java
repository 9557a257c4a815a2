package ai.lacuna.track;

import ai.lacuna.files.FileReplacement;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private static final int QUEUE = 1000;

  /** MLflow takes at most 1,000 metrics, and 100 parameters, in one call. */
  private static final int MOST_METRICS = 1000;

  private static final int MOST_PARAMETERS = 100;

  /** MLflow's longest parameter value in all its versions. */
  private static final int LONGEST = 250;

  /** MLflow allows letters, digits, and these in a metric's name. */
  private static final Pattern FORBIDDEN = Pattern.compile("[^A-Za-z0-9_. /-]");

  private static final String RUN_ID = "run_id";

  private static final String TOO_SLOW = ": too slow; the last figures are lost";

  private final MlflowServer server;
  private final String run;
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

  private Mlflow(MlflowServer server, String run) {
    this.server = server;
    this.run = run;
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
    MlflowServer rest = MlflowServer.at(server);
    JsonObject create = new JsonObject();
    create.addProperty("experiment_id", rest.experiment(experiment));
    create.addProperty("run_name", runName);
    create.addProperty("start_time", System.currentTimeMillis());
    Mlflow mlflow = new Mlflow(rest, rest.post("runs/create", create, "run", "info", RUN_ID));
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

  /**
   * Goes on with the run that a file names, if it is of this server and still there; else makes one
   * and writes the file. The parameters of a run that goes on stay as they are: MLflow allows no
   * change.
   *
   * @param file where the run's id is kept, in a folder that exists
   * @param server the server
   * @param experiment the experiment's name; made if there is none
   * @param runName the run's name
   * @param parameters the configuration
   * @return the tracker; close it
   * @throws TrackerException if the server can't be reached, or refuses
   * @throws IOException if the file can't be read or written
   */
  public static Mlflow resume(
      Path file, URI server, String experiment, String runName, Map<String, String> parameters)
      throws IOException {
    MlflowServer rest = MlflowServer.at(server);
    Optional<String> known = read(file, server).filter(rest::hasRun);
    if (known.isPresent()) {
      Mlflow mlflow = new Mlflow(rest, known.get());
      rest.post("runs/update", mlflow.status("RUNNING"));
      return mlflow;
    }
    Mlflow mlflow = start(server, experiment, runName, parameters);
    JsonObject json = new JsonObject();
    json.addProperty("server", server.toString());
    json.addProperty("runId", mlflow.run);
    FileReplacement.write(file, json + "\n");
    return mlflow;
  }

  private static Optional<String> read(Path file, URI server) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
      return json.get("server").getAsString().equals(server.toString())
          ? Optional.of(json.get("runId").getAsString())
          : Optional.empty();
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new TrackerException(
          file + ": expected the server and id of an MLflow run, found other content; remove it",
          e);
    }
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
      throw new TrackerException(
          server.address() + ": too slow; figures of step " + step + " are lost", e);
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
      batch.addProperty(RUN_ID, run);
      batch.add(kind, array);
      server.post("runs/log-batch", batch);
    }
  }

  private JsonObject status(String status) {
    JsonObject update = new JsonObject();
    update.addProperty(RUN_ID, run);
    update.addProperty("status", status);
    return update;
  }

  /** Sends what waits, and ends the run with that status. */
  @Override
  public void end(Ending how) {
    if (sender.isShutdown()) {
      return;
    }
    JsonObject update = status(how.name());
    update.addProperty("end_time", System.currentTimeMillis());
    try {
      sender.execute(() -> attempt(() -> server.post("runs/update", update)));
    } catch (RejectedExecutionException e) {
      sender.shutdownNow();
      throw new TrackerException(server.address() + TOO_SLOW, e);
    }
    sender.shutdown();
    try {
      if (!sender.awaitTermination(MlflowServer.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        sender.shutdownNow();
        throw new TrackerException(server.address() + TOO_SLOW);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throwFailure();
  }

  /** Sends what waits, and ends the run as finished unless it has ended. */
  @Override
  public void close() {
    end(Ending.FINISHED);
  }
}
