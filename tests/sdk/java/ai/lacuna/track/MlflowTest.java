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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MlflowTest {
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final HttpServer server;
  private volatile boolean experimentExists;
  private volatile boolean refuses;

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
    int code = 200;
    String answer = "{}";
    if (path.equals("experiments/create")) {
      code = experimentExists ? 400 : 200;
      answer = experimentExists ? "{\"error_code\":\"EXISTS\"}" : "{\"experiment_id\":\"12\"}";
    } else if (path.startsWith("experiments/get-by-name")) {
      answer = "{\"experiment\":{\"experiment_id\":\"34\"}}";
    } else if (path.equals("runs/create")) {
      answer = "{\"run\":{\"info\":{\"run_id\":\"abc\"}}}";
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
  void findsAnExperimentThatIsThere() {
    experimentExists = true;
    Mlflow.start(address(), "all of them", "mae", Map.of()).close();
    assertTrue(requests.get(1).startsWith("experiments/get-by-name?experiment_name=all+of+them"));
    assertEquals("34", body(2, "runs/create").get("experiment_id").getAsString());
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
