package ai.lacuna.track;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MlflowTest {
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final HttpServer server;
  private volatile boolean experimentExists;
  private volatile boolean refuses;

  /** What each answer waits for. */
  private volatile CountDownLatch standsStill = new CountDownLatch(0);

  /** What the server says of the run: {@code active}, {@code deleted}, or empty if it has none. */
  private volatile String stage = "active";

  MlflowTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().toString().replaceFirst("^/api/2.0/mlflow/", "");
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add(path + " " + body);
    try {
      standsStill.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    int code = 200;
    String answer = "{}";
    if (path.equals("experiments/create")) {
      code = experimentExists ? 400 : 200;
      answer = experimentExists ? "{\"error_code\":\"EXISTS\"}" : "{\"experiment_id\":\"12\"}";
    } else if (path.startsWith("experiments/get-by-name")) {
      answer = "{\"experiment\":{\"experiment_id\":\"34\"}}";
    } else if (path.equals("runs/create")) {
      answer = "{\"run\":{\"info\":{\"run_id\":\"abc\"}}}";
    } else if (path.startsWith("runs/get")) {
      code = stage.isEmpty() ? 404 : 200;
      answer = "{\"run\":{\"info\":{\"lifecycle_stage\":\"" + stage + "\"}}}";
    } else if (refuses) {
      code = 500;
      answer = "no space\nleft";
    }
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private JsonObject body(int request, String path) {
    String line = requests.get(request);
    assertTrue(line.startsWith(path + " "), line);
    return JsonParser.parseString(line.substring(path.length() + 1)).getAsJsonObject();
  }

  @Test
  void makesARunSendsFiguresAndEndsIt() {
    try (Mlflow mlflow = Mlflow.start(address(), "lacuna", "mae", Map.of("recipe.epochs", "3"))) {
      assertEquals("abc", mlflow.runId());
      mlflow.figures(7, Map.of("train/loss", 0.5));
      mlflow.figures(8, Map.of("nothing", Double.NaN, "speed (fast)", 2.0));
    }
    assertEquals("lacuna", body(0, "experiments/create").get("name").getAsString());
    JsonObject created = body(1, "runs/create");
    assertEquals("12", created.get("experiment_id").getAsString());
    assertEquals("mae", created.get("run_name").getAsString());
    assertEquals(
        "[{\"key\":\"recipe.epochs\",\"value\":\"3\"}]",
        body(2, "runs/log-batch").get("params").toString());
    JsonObject metric =
        body(3, "runs/log-batch").getAsJsonArray("metrics").get(0).getAsJsonObject();
    assertEquals("train/loss", metric.get("key").getAsString());
    assertEquals(0.5, metric.get("value").getAsDouble());
    assertEquals(7, metric.get("step").getAsLong());
    JsonObject second = body(4, "runs/log-batch");
    assertEquals(1, second.getAsJsonArray("metrics").size());
    assertTrue(second.toString().contains("\"speed _fast_\""), second.toString());
    assertEquals("FINISHED", body(5, "runs/update").get("status").getAsString());
  }

  @Test
  void aServerThatStandsStillLosesFiguresAndNotTheRun() {
    Mlflow mlflow = Mlflow.start(address(), "lacuna", "mae", Map.of("recipe.epochs", "3"));
    List<String> said = new ArrayList<>();
    Tracker tracker = Trackers.of(List.of(mlflow), said::add);
    CountDownLatch moves = new CountDownLatch(1);
    standsStill = moves;
    try {
      for (int step = 1; step <= 1100; step++) {
        tracker.figures(step, Map.of("train/loss", 0.5));
      }
      tracker.end(Tracker.Ending.FINISHED);
      assertEquals(1, said.size(), said.toString());
      assertTrue(said.get(0).contains("too slow"), said.get(0));
    } finally {
      moves.countDown();
    }
    int sent = requests.size();
    tracker.close();
    assertEquals(sent, requests.size(), "ended once");
  }

  @Test
  void findsAnExperimentThatIsThere() {
    experimentExists = true;
    Mlflow.start(address(), "all of them", "mae", Map.of()).close();
    assertTrue(requests.get(1).startsWith("experiments/get-by-name?experiment_name=all+of+them"));
    assertEquals("34", body(2, "runs/create").get("experiment_id").getAsString());
  }

  private void resume(Path file, Tracker.Ending ending) throws IOException {
    Map<String, String> parameters = Map.of("recipe.epochs", "3");
    try (Mlflow mlflow = Mlflow.resume(file, address(), "lacuna", "mae", parameters)) {
      mlflow.end(ending);
    }
  }

  @Test
  void goesOnInTheSameRunAndSaysHowItEnded(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("mlflow.json");
    resume(file, Tracker.Ending.KILLED);
    assertEquals("KILLED", body(3, "runs/update").get("status").getAsString());
    requests.clear();
    resume(file, Tracker.Ending.FAILED);
    assertEquals("runs/get?run_id=abc ", requests.get(0));
    JsonObject running = body(1, "runs/update");
    assertEquals("RUNNING", running.get("status").getAsString());
    assertEquals("abc", running.get("run_id").getAsString());
    assertEquals("FAILED", body(2, "runs/update").get("status").getAsString());
    assertEquals(3, requests.size(), "no run made, no parameter sent again: " + requests);
  }

  @Test
  void makesAnotherRunWhenTheServerHasItNoMore(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("mlflow.json");
    resume(file, Tracker.Ending.FINISHED);
    for (String gone : List.of("deleted", "")) {
      requests.clear();
      stage = gone;
      resume(file, Tracker.Ending.FINISHED);
      assertEquals("mae", body(2, "runs/create").get("run_name").getAsString());
    }
    Files.writeString(file, Files.readString(file).replace("127.0.0.1", "localhost"));
    requests.clear();
    resume(file, Tracker.Ending.FINISHED);
    assertEquals("mae", body(1, "runs/create").get("run_name").getAsString());
  }

  @Test
  void namesAFileThatHoldsNoRun(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("mlflow.json"), "[]");
    String message =
        String.valueOf(
            assertThrows(TrackerException.class, () -> resume(file, Tracker.Ending.FINISHED))
                .getMessage());
    assertTrue(message.startsWith(file + ": expected the server and id"), message);
  }

  @Test
  void saysOnceWhatAServerRefusesAndGoesOn() {
    List<String> complaints = new ArrayList<>();
    Mlflow mlflow = Mlflow.start(address(), "lacuna", "mae", Map.of());
    refuses = true;
    try (Trackers trackers = Trackers.of(List.of(mlflow), complaints::add)) {
      for (int step = 0; step < 3; step++) {
        trackers.figures(step, Map.of("train/loss", 0.5));
      }
    }
    assertEquals(1, complaints.size(), complaints.toString());
    String line = complaints.get(0);
    assertTrue(line.startsWith("MLflow: " + address()), line);
    assertTrue(line.contains("found 500: no space left; the training goes on"), line);
  }

  @Test
  void namesAServerThatDoesNotAnswer() {
    server.stop(0);
    String message =
        String.valueOf(
            assertThrows(
                    TrackerException.class,
                    () -> Mlflow.start(address(), "lacuna", "mae", Map.of()))
                .getMessage());
    assertTrue(
        message.contains("no answer") && message.contains("is the server running?"), message);
  }
}
