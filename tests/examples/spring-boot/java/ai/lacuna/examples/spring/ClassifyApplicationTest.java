package ai.lacuna.examples.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.batch.Batcher;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

@Timeout(120)
class ClassifyApplicationTest {
  private static final Path FIXTURES =
      Path.of(System.getProperty("lacuna.root", "."), "tests", "fixtures");
  private static final Path BUNDLE = FIXTURES.resolve("bundle-tiny");
  private static final String BOUNDARY = "lacuna-boundary";
  private static final String FORM = "multipart/form-data; boundary=" + BOUNDARY;

  private static final String DETAILS = "/components/classifier/details";

  /** A batch's size may change the order of sums. */
  private static final double ROUNDING = 1e-5;

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static ConfigurableApplicationContext service;
  private static byte[] image;

  @BeforeAll
  static void begin() throws IOException {
    image = Files.readAllBytes(FIXTURES.resolve("images/rgb.jpg"));
    service = start("--lacuna.max-body=64KB", "--lacuna.queue=1");
  }

  @AfterAll
  static void end() {
    service.close();
  }

  @Test
  void answersABodyAndAFormAsTheClassifierDoes() throws Exception {
    List<Prediction> expected;
    try (OnnxClassifier classifier = OnnxClassifier.open(BUNDLE)) {
      expected = classifier.classify(image, 3);
    }
    for (HttpResponse<String> response :
        List.of(post("image/jpeg", image), post(FORM, form("image", image)))) {
      assertEquals(200, response.statusCode(), response.body());
      JsonNode classes = json(response).get("classes");
      assertEquals(3, classes.size());
      for (int i = 0; i < 3; i++) {
        assertEquals(expected.get(i).label(), classes.get(i).get("label").asText());
        assertEquals(
            expected.get(i).probability(), classes.get(i).get("probability").asDouble(), ROUNDING);
      }
    }
  }

  @Test
  void saysWhyItRefusesABodyAndGoesOn() throws Exception {
    byte[] cut = Arrays.copyOf(image, image.length / 2);
    assertProblem(400, "body: expected", post("image/jpeg", cut));
    assertProblem(400, "body: expected", post(FORM, form("image", new byte[] {1, 2, 3})));
    assertProblem(400, "'image' is not present", post(FORM, form("picture", image)));
    byte[] bands = Files.readAllBytes(FIXTURES.resolve("images/bands5.tif"));
    assertProblem(400, "expected", post("image/tiff", bands));
    assertProblem(415, "'text/plain' is not supported", post("text/plain", image));
    byte[] large = new byte[3 << 20]; // more than Tomcat reads away if it is not told to
    assertProblem(413, "shrink the image", post("image/jpeg", large));
    assertProblem(413, "Maximum upload size exceeded", post(FORM, form("image", large)));
    assertEquals(200, post("image/jpeg", image).statusCode());
  }

  @Test
  void saysThatItIsBusyWhileItsQueueIsFull() throws Exception {
    Batcher<Prepared, List<Prediction>>.Place place = batcher(service).reserve();
    HttpResponse<String> refusal = post("image/jpeg", image);
    assertProblem(503, "1 of 1 waiting", refusal);
    assertEquals("1", refusal.headers().firstValue("Retry-After").orElse(""));
    assertEquals(1, json(get("/actuator/health")).at(DETAILS + "/waiting").asInt());
    place.close();
    assertEquals(200, post("image/jpeg", image).statusCode());
  }

  @Test
  void hasHealthAndMetrics() throws Exception {
    JsonNode health = json(get("/actuator/health"));
    assertEquals("UP", health.get("status").asText());
    assertEquals("tiny.random", health.at(DETAILS + "/model").asText());
    assertEquals("cpu", health.at(DETAILS + "/device").asText());
    assertEquals(200, post("image/jpeg", image).statusCode());
    JsonNode requests = json(get("/actuator/metrics/lacuna.requests?tag=outcome:answered"));
    assertTrue(requests.at("/measurements/0/value").asInt() >= 1, requests.toString());
  }

  @Test
  void answersWhatItHasBegunBeforeItCloses() throws Exception {
    long threads = batchers();
    ConfigurableApplicationContext other = start();
    assertEquals(threads + 1, batchers());
    int port = port(other);
    Batcher<Prepared, List<Prediction>> batcher = batcher(other);
    OnnxClassifier classifier = other.getBean(OnnxClassifier.class);
    Thread closing = new Thread(other::close);
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String head =
          "POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
              + "Content-Length: "
              + image.length
              + "\r\nConnection: close\r\n\r\n";
      client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();
      while (batcher.waiting() == 0) {
        Thread.sleep(10);
      }
      closing.start();
      while (accepts(port)) {
        Thread.sleep(10);
      }
      assertTrue(closing.isAlive(), "closing waits for the request");
      client.getOutputStream().write(image);
      client.getOutputStream().flush();
      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
      assertTrue(answer.contains("\"probability\""), answer);
    }
    closing.join();
    assertThrows(IllegalStateException.class, () -> classifier.classify(image, 1));
    assertEquals(threads, batchers());
  }

  @Test
  void endsWithTwoAndALineWhereASettingIsWrong() throws Exception {
    String absent = failure("--lacuna.bundle=absent");
    assertTrue(absent.contains("absent/manifest.json: expected the manifest"), absent);
    assertTrue(absent.contains("usage: java -jar "), absent);
    String none = failure("--lacuna.top-k=0");
    assertTrue(none.contains("\nlacuna.top-k: expected at least 1, found 0"), none);
    assertTrue(none.contains("usage: java -jar "), none);
    String many = failure("--lacuna.top-k=many");
    assertTrue(many.contains("Failed to bind properties under 'lacuna.top-k'"), many);
  }

  /** What the application prints when it is started so; it has to end with 2. */
  private static String failure(String argument) throws IOException, InterruptedException {
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1", // starts sooner
            "-cp",
            System.getProperty("java.class.path"),
            ClassifyApplication.class.getName(),
            "--server.port=0",
            argument);
    Process process = java.redirectErrorStream(true).start();
    String output;
    try (InputStream stream = process.getInputStream()) {
      output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(2, process.exitValue(), output);
    assertFalse(output.contains("\tat "), output);
    return output;
  }

  private static ConfigurableApplicationContext start(String... arguments) {
    SpringApplication application = new SpringApplication(ClassifyApplication.class);
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--server.port=0";
    all[arguments.length + 1] = "--lacuna.bundle=" + BUNDLE;
    return application.run(all);
  }

  private static int port(ConfigurableApplicationContext context) {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  @SuppressWarnings("unchecked") // there is one bean of this class
  private static Batcher<Prepared, List<Prediction>> batcher(
      ConfigurableApplicationContext context) {
    return context.getBean(Batcher.class);
  }

  private static boolean accepts(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (ConnectException e) {
      return false;
    }
  }

  /** Threads that answer batches, of this test's service too. */
  private static long batchers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("lacuna-batcher-"))
        .count();
  }

  private static void assertProblem(int status, String detail, HttpResponse<String> response)
      throws IOException {
    assertEquals(status, response.statusCode(), response.body());
    assertEquals(
        "application/problem+json", response.headers().firstValue("Content-Type").orElse(""));
    assertTrue(json(response).get("detail").asText().contains(detail), response.body());
  }

  private static HttpResponse<String> post(String type, byte[] body)
      throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(address("/classify"))
            .header("Content-Type", type)
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(HttpRequest.newBuilder(address(path)).build(), BodyHandlers.ofString());
  }

  private static URI address(String path) {
    return URI.create("http://localhost:" + port(service) + path);
  }

  private static byte[] form(String part, byte[] file) {
    byte[] head =
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"a.jpg\"\r\n\r\n"
            .formatted(BOUNDARY, part)
            .getBytes(StandardCharsets.US_ASCII);
    byte[] tail = ("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(head, head.length + file.length + tail.length);
    System.arraycopy(file, 0, all, head.length, file.length);
    System.arraycopy(tail, 0, all, head.length + file.length, tail.length);
    return all;
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return new ObjectMapper().readTree(response.body());
  }
}
