package ai.lacuna.track;

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

/**
 * An MLflow server, by its REST API 2.0.
 *
 * @param address such as {@code http://localhost:5000}
 */
record MlflowServer(URI address, HttpClient client) {
  /** How long to wait for an answer. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int LONGEST_COMPLAINT = 250;
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;

  static MlflowServer at(URI address) {
    return new MlflowServer(address, HttpClient.newBuilder().connectTimeout(PATIENCE).build());
  }

  /** The id of the experiment of that name, which is made if there is none. */
  String experiment(String name) {
    JsonObject create = new JsonObject();
    create.addProperty("name", name);
    HttpResponse<String> created = send("experiments/create", create);
    if (created.statusCode() == OK) {
      return string(created.body(), "experiments/create", "experiment_id");
    }
    String path =
        "experiments/get-by-name?experiment_name="
            + URLEncoder.encode(name, StandardCharsets.UTF_8);
    HttpResponse<String> found = exchange(request(path).GET().build());
    if (found.statusCode() != OK) {
      throw refusal("experiments/create", created);
    }
    return string(found.body(), path, "experiment", "experiment_id");
  }

  /** Whether the server has the run, and it was not deleted there. */
  boolean hasRun(String run) {
    String path = "runs/get?run_id=" + URLEncoder.encode(run, StandardCharsets.UTF_8);
    HttpResponse<String> found = exchange(request(path).GET().build());
    if (found.statusCode() == NOT_FOUND) {
      return false;
    }
    if (found.statusCode() != OK) {
      throw refusal(path, found);
    }
    return string(found.body(), path, "run", "info", "lifecycle_stage").equals("active");
  }

  /** Sends a body; returns the text at a path of the answer, empty if none is asked for. */
  String post(String path, JsonObject body, String... field) {
    HttpResponse<String> response = send(path, body);
    if (response.statusCode() != OK) {
      throw refusal(path, response);
    }
    return field.length == 0 ? "" : string(response.body(), path, field);
  }

  private TrackerException refusal(String path, HttpResponse<String> response) {
    String body = response.body().strip().replaceAll("\\s+", " ");
    return new TrackerException(
        "%s: expected %s to answer 200, found %s: %s"
            .formatted(
                address,
                path,
                response.statusCode(),
                body.substring(0, Math.min(LONGEST_COMPLAINT, body.length()))));
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
          address + ": expected the answer of an MLflow server to " + path + ", found another", e);
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
    String base = address.toString().replaceFirst("/+$", "");
    return HttpRequest.newBuilder(URI.create(base + "/api/2.0/mlflow/" + path)).timeout(PATIENCE);
  }

  private HttpResponse<String> exchange(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new TrackerException(
          address + ": no answer (" + e.getClass().getSimpleName() + "); is the server running?",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrackerException(address + ": interrupted", e);
    }
  }
}
