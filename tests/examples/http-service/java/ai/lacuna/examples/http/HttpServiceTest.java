package ai.lacuna.examples.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Pooling;
import ai.lacuna.serving.batch.BatchOptions;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class HttpServiceTest {
  private static final Path FIXTURES =
      Path.of(System.getProperty("lacuna.root", "."), "tests", "fixtures");
  private static final Path BUNDLE = FIXTURES.resolve("bundle-tiny");
  private static final BatchOptions QUICK =
      BatchOptions.defaults().withMaxDelay(Duration.ofMillis(2));

  private static final byte[] CHUNKED_HEAD = head("Transfer-Encoding: chunked");

  /** A batch's size may change the order of sums. */
  private static final float ROUNDING = 1e-5f;

  @Test
  void embedsAsTheEncoderDoes() throws Exception {
    byte[] png = Pictures.png(60, 1);
    try (HttpService service = start(QUICK);
        OnnxEncoder encoder = OnnxEncoder.open(BUNDLE)) {
      HttpResponse<String> response = client(service).post("/v1/embed", png);
      assertEquals(200, response.statusCode());
      assertArrayEquals(
          encoder.embed(png), floats(Client.json(response).getAsJsonArray("embedding")), ROUNDING);
    }
  }

  @Test
  void givesTheFiveBestClasses() throws Exception {
    try (HttpService service = start(QUICK)) {
      HttpResponse<String> response = client(service).post("/v1/classify", Pictures.png(28, 2));
      JsonArray classes = Client.json(response).getAsJsonArray("classes");
      assertEquals(5, classes.size());
      JsonObject best = classes.get(0).getAsJsonObject();
      assertTrue(Bundle.open(BUNDLE).manifest().labels().contains(best.get("label").getAsString()));
      assertTrue(
          best.get("probability").getAsDouble()
              >= classes.get(1).getAsJsonObject().get("probability").getAsDouble());
    }
  }

  @Test
  void hasAPageHealthAndMetrics() throws Exception {
    try (HttpService service = start(QUICK)) {
      Client client = client(service);
      assertTrue(client.get("/").body().contains("<title>"));
      assertEquals("tiny.random", Client.json(client.get("/health")).get("model").getAsString());
      client.post("/v1/embed", Pictures.png(28, 3));
      String metrics = client.get("/metrics").body();
      assertTrue(
          metrics.contains("lacuna_requests_seconds_count{outcome=\"answered\",route=\"embed\"} 1"),
          metrics);
      assertTrue(metrics.contains("lacuna_queue{route=\"classify\"}"), metrics);
    }
  }

  @Test
  void saysInOneLineWhatKeepsItFromStarting() throws Exception {
    String bundle = BUNDLE.toString();
    assertTrue(refusal().startsWith("usage: HttpService BUNDLE PORT"));
    assertTrue(refusal(bundle).startsWith("usage: HttpService BUNDLE PORT"));
    assertTrue(refusal(bundle, "http").startsWith("usage: HttpService BUNDLE PORT"));
    assertTrue(refusal(bundle, "70000").startsWith("usage: HttpService BUNDLE PORT"));
    assertTrue(refusal(FIXTURES.toString(), "0").contains("a folder without one"));
    try (HttpService service = start(QUICK)) {
      String taken = String.valueOf(service.port());
      assertTrue(refusal(bundle, taken).contains("Port already in use"), refusal(bundle, taken));
    }
  }

  private static String refusal(String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertTrue(
        HttpService.start(args, new PrintStream(err, true, StandardCharsets.UTF_8)).isEmpty());
    String text = err.toString(StandardCharsets.UTF_8);
    assertEquals(1, text.lines().count(), text);
    return text;
  }

  @Test
  void answersBadImagesWithTheReasonAndGoesOn() throws Exception {
    byte[] png = Pictures.png(300, 4);
    Map<String, byte[]> bad = new HashMap<>();
    bad.put("empty", new byte[0]);
    bad.put("text", "<html>no</html>".getBytes(StandardCharsets.UTF_8));
    bad.put("cut png", Arrays.copyOf(png, png.length / 2));
    bad.put("bomb", Pictures.bomb());
    byte[] jpeg = Files.readAllBytes(FIXTURES.resolve("images/rgb.jpg"));
    bad.put("cut jpeg", Arrays.copyOf(jpeg, jpeg.length - 40));
    try (HttpService service = start(QUICK)) {
      Client client = client(service);
      for (Map.Entry<String, byte[]> each : bad.entrySet()) {
        HttpResponse<String> response = client.post("/v1/classify", each.getValue());
        assertEquals(422, response.statusCode(), each.getKey());
        assertTrue(
            Client.json(response).get("error").getAsString().startsWith("body: expected"),
            response.body());
      }
      assertEquals(200, client.post("/v1/classify", png).statusCode());
    }
  }

  @Test
  void takesEveryKindOfImageThatServingReads() throws Exception {
    try (HttpService service = start(QUICK)) {
      Client client = client(service);
      for (String name : List.of("cmyk-adobe.jpg", "grey16.png", "palette.gif", "rgba.png")) {
        byte[] image = Files.readAllBytes(FIXTURES.resolve("images").resolve(name));
        assertEquals(200, client.post("/v1/embed", image).statusCode(), name);
      }
      // Five bands are data: no rule makes grey of them.
      byte[] bands = Files.readAllBytes(FIXTURES.resolve("images/bands5.tif"));
      HttpResponse<String> response = client.post("/v1/embed", bands);
      assertTrue(response.statusCode() >= 400 && response.statusCode() < 500, response.body());
      assertTrue(response.body().contains("expected"), response.body());
    }
  }

  @Test
  void takesTheFirstPictureOfAnAnimation() throws Exception {
    byte[] first = Pictures.png(28, 8);
    byte[] gif = Pictures.animation(first, Pictures.png(28, 9), Pictures.png(28, 10));
    try (HttpService service = start(QUICK);
        OnnxEncoder encoder = OnnxEncoder.open(BUNDLE)) {
      HttpResponse<String> response = client(service).post("/v1/embed", gif);
      assertEquals(200, response.statusCode(), response.body());
      assertArrayEquals(
          encoder.embed(first),
          floats(Client.json(response).getAsJsonArray("embedding")),
          ROUNDING);
    }
  }

  @Test
  void refusesALargeBodyAlsoWithoutALength() throws Exception {
    byte[] large = new byte[HttpService.MAX_BODY + 1];
    try (HttpService service = start(QUICK)) {
      Client client = client(service);
      assertEquals(413, client.post("/v1/embed", large).statusCode());
      HttpResponse<String> chunked =
          client.post(
              "/v1/embed", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)));
      assertEquals(413, chunked.statusCode());
      assertTrue(
          Client.json(chunked).get("error").getAsString().contains("shrink"), chunked.body());
    }
  }

  @Test
  void saysThatItIsBusyInsteadOfFillingTheHeap() throws Exception {
    BatchOptions small = BatchOptions.defaults().withQueueCapacity(1).withMaxBatch(4);
    byte[] png = Pictures.png(28, 5);
    try (HttpService service = start(small)) {
      Client client = client(service);
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        all.add(client.postAsync("/v1/embed", png));
      }
      Map<Integer, Integer> statuses = new HashMap<>();
      for (CompletableFuture<HttpResponse<String>> each : all) {
        HttpResponse<String> response = each.join();
        statuses.merge(response.statusCode(), 1, Integer::sum);
        if (response.statusCode() == 503) {
          assertEquals("1", response.headers().firstValue("Retry-After").orElse(""));
        }
      }
      assertEquals(300, statuses.getOrDefault(200, 0) + statuses.getOrDefault(503, 0));
      assertTrue(statuses.getOrDefault(200, 0) > 0, statuses.toString());
    }
  }

  @Test
  void refusesBeforeTheBodyComesAndWaitsForNoOther() throws Exception {
    BatchOptions single = BatchOptions.defaults().withQueueCapacity(1);
    try (HttpService service = start(single);
        Socket slow = new Socket(InetAddress.getLoopbackAddress(), service.port());
        Socket second = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      // Takes the only place, and sends nothing of its body yet.
      byte[] png = Pictures.png(28, 6);
      send(slow, head(png.length));
      Client client = client(service);
      while (!client.get("/metrics").body().contains("lacuna_queue{route=\"embed\"} 1")) {
        Thread.sleep(10);
      }
      send(second, head(4 << 20));
      String refusal = answer(second);
      assertTrue(refusal.startsWith("HTTP/1.1 503 "), refusal);
      assertTrue(refusal.contains("Retry-After: 1"), refusal);
      // A client that sends its large body first and reads then still hears why, and may go on.
      try (Socket stubborn = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
        for (int request = 0; request < 2; request++) {
          send(stubborn, head(6 << 20));
          send(stubborn, new byte[6 << 20]);
          String answer = answer(stubborn);
          assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
        }
      }
      // So does one that looks for an answer while it sends.
      assertEquals(503, client.post("/v1/embed", new byte[6 << 20]).statusCode());
      send(slow, png);
      String accepted = answer(slow);
      assertTrue(accepted.startsWith("HTTP/1.1 200 "), accepted);
      assertTrue(client.get("/metrics").body().contains("lacuna_queue{route=\"embed\"} 0"));
    }
  }

  /** RFC 9110, section 10.1.1: 100 would ask for the body that is refused. */
  @Test
  void asksForNoBodyThatItRefuses() throws Exception {
    BatchOptions single = BatchOptions.defaults().withQueueCapacity(1);
    try (HttpService service = start(single);
        Socket asking = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      send(asking, head(HttpService.MAX_BODY + 1, "Expect: 100-continue"));
      String refusal = answer(asking);
      assertTrue(refusal.startsWith("HTTP/1.1 413 "), refusal);
      try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), service.port());
          Socket next = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
        byte[] png = Pictures.png(28, 6);
        send(slow, head(png.length, "Expect: 100-continue"));
        String asked = answer(slow);
        assertTrue(asked.startsWith("HTTP/1.1 100 "), asked);
        send(next, head(4 << 20, "Expect: 100-continue"));
        refusal = answer(next);
        assertTrue(refusal.startsWith("HTTP/1.1 503 "), refusal);
        // It will not send the body, so that nothing tells where its next request would begin.
        assertTrue(refusal.contains("Connection: close"), refusal);
        send(slow, png);
        String accepted = answer(slow);
        assertTrue(accepted.startsWith("HTTP/1.1 200 "), accepted);
      }
    }
  }

  @Test
  void refusesALengthThatNoIntHolds() throws Exception {
    try (HttpService service = start(QUICK);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      send(client, head(1L << 32, "Accept: application/json"));
      String refusal = answer(client);
      assertTrue(refusal.startsWith("HTTP/1.1 413 "), refusal);
    }
  }

  @Test
  void refusesAChunkedBodyHoweverLongAndGoesOn() throws Exception {
    byte[] chunk = new byte[1 << 20];
    try (HttpService service = start(QUICK);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      for (int request = 0; request < 2; request++) {
        send(client, CHUNKED_HEAD);
        for (int sent = 0; sent < 3 * HttpService.MAX_BODY; sent += chunk.length) {
          send(client, "100000\r\n".getBytes(StandardCharsets.US_ASCII));
          send(client, chunk);
          send(client, "\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        send(client, "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        String refusal = answer(client);
        assertTrue(refusal.startsWith("HTTP/1.1 413 "), refusal);
      }
    }
  }

  @Test
  void saysThatABodyBrokeOff() throws Exception {
    byte[] noChunk = "no chunk\r\n".getBytes(StandardCharsets.US_ASCII);
    try (HttpService service = start(QUICK)) {
      for (List<byte[]> parts :
          List.of(List.of(head(100), noChunk), List.of(CHUNKED_HEAD, noChunk))) {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
          for (byte[] part : parts) {
            send(client, part);
          }
          client.shutdownOutput();
          String refusal = answer(client);
          assertTrue(refusal.startsWith("HTTP/1.1 400 "), refusal);
          assertTrue(refusal.contains("Content-Type: application/json"), refusal);
        }
      }
    }
  }

  /** Whoever refuses must not be filled by those who are refused. */
  @Test
  void holdsLittleForEachRefusedClient() throws Exception {
    int clients = 400;
    List<Socket> silent = new ArrayList<>();
    try (HttpService service = start(QUICK)) {
      client(service).get("/health");
      long before = heap();
      for (int i = 0; i < clients; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        silent.add(socket);
        send(socket, head(HttpService.MAX_BODY + 1));
        String refusal = answer(socket);
        assertTrue(refusal.startsWith("HTTP/1.1 413 "), refusal);
      }
      long each = (heap() - before) / clients;
      assertTrue(each < 48 << 10, each + " bytes for each");
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** It waits for the rest of a refused body, but not for ever. */
  @Test
  void hangsUpOnWhoSendsNothingMore() throws Exception {
    try (HttpService service = start(QUICK);
        Socket silent = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      silent.setSoTimeout(20_000);
      send(silent, head(HttpService.MAX_BODY + 1));
      String refusal = answer(silent);
      assertTrue(refusal.startsWith("HTTP/1.1 413 "), refusal);
      assertTrue(ends(silent));
    }
  }

  /** Whether the other side closes before the socket's time is out. */
  private static boolean ends(Socket socket) throws IOException {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  @Test
  void saysWhenTheNetworkIsBroken(@TempDir Path folder) throws Exception {
    // The tensor's name, the tag of its bytes, and how many they are.
    List<String> models = List.of("encoder.onnx", "classifier.onnx");
    Bundle bundle = damaged(folder, models, "norm.biasJ@", bytes -> bytes.putFloat(Float.NaN));
    try (HttpService service = new HttpService(bundle, QUICK, 0)) {
      for (String path : List.of("/v1/embed", "/v1/classify")) {
        HttpResponse<String> response = client(service).post(path, Pictures.png(28, 7));
        assertEquals(500, response.statusCode(), response.body());
        String error = Client.json(response).get("error").getAsString();
        assertTrue(error.contains("NaN") && error.contains("check the weights"), error);
      }
    }
  }

  @Test
  void tellsTheLogAndNotTheClientWhyTheRuntimeFails(@TempDir Path folder) throws Exception {
    // The first shape of six sizes, its second one: no image has five rows of four patches.
    Bundle bundle =
        damaged(
            folder,
            List.of("encoder.onnx"),
            "\b\006\020\007J0",
            bytes -> bytes.putLong(bytes.position() + Long.BYTES, 5));
    try (HttpService service = new HttpService(bundle, QUICK, 0)) {
      HttpResponse<String> response = client(service).post("/v1/embed", Pictures.png(28, 7));
      assertEquals(500, response.statusCode(), response.body());
      String error = Client.json(response).get("error").getAsString();
      assertEquals("the service failed; its log says why", error);
    }
  }

  /** The fixture with a few bytes of models changed, behind what comes before them. */
  private static Bundle damaged(
      Path folder, List<String> models, String before, Consumer<ByteBuffer> change)
      throws Exception {
    for (String name :
        List.of("encoder.pt", "classifier.pt", "sample.safetensors", "classifier.onnx")) {
      Files.copy(BUNDLE.resolve(name), folder.resolve(name));
    }
    // Shapes are as the damaged models have them.
    String manifest =
        Files.readString(BUNDLE.resolve("manifest.json"))
            .replaceAll("(?s)\"outputs\": \\[.*?\\n  \\]", "\"outputs\": []");
    for (String model : models) {
      byte[] sound = Files.readAllBytes(BUNDLE.resolve(model));
      byte[] damaged = sound.clone();
      int found = new String(sound, StandardCharsets.ISO_8859_1).indexOf(before);
      assertTrue(found >= 0, model);
      change.accept(
          ByteBuffer.wrap(damaged)
              .order(ByteOrder.LITTLE_ENDIAN)
              .position(found + before.length()));
      Files.write(folder.resolve(model), damaged);
      manifest = manifest.replace(sha256(sound), sha256(damaged));
    }
    Files.writeString(folder.resolve("manifest.json"), manifest);
    return Bundle.open(folder);
  }

  private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static byte[] head(int length) {
    return head("Content-Length: " + length);
  }

  private static byte[] head(long length, String field) {
    return head("Content-Length: " + length + "\r\n" + field);
  }

  private static byte[] head(String fields) {
    return ("POST /v1/embed HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static void send(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** What has come when the head is whole. */
  private static String answer(Socket socket) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] some = new byte[4096];
    while (text.indexOf("\r\n\r\n") < 0) {
      int count = socket.getInputStream().read(some);
      if (count < 0) {
        break;
      }
      text.append(new String(some, 0, count, StandardCharsets.US_ASCII));
    }
    return text.toString();
  }

  @Test
  void everyClientOfManyGetsItsOwnAnswer() throws Exception {
    int images = 32;
    List<byte[]> files = new ArrayList<>();
    List<float[]> expected = new ArrayList<>();
    try (HttpService service = start(BatchOptions.defaults());
        OnnxEncoder encoder = OnnxEncoder.open(BUNDLE)) {
      for (int i = 0; i < images; i++) {
        files.add(Pictures.png(40, 100 + i));
        expected.add(encoder.embed(Pixels.read(files.get(i), "image"), Pooling.CLS_MEAN));
      }
      AtomicInteger wrong = new AtomicInteger();
      AtomicInteger answered = new AtomicInteger();
      List<Thread> clients = new ArrayList<>();
      for (int c = 0; c < 16; c++) {
        int first = c;
        Thread thread =
            new Thread(
                () -> {
                  Client client = client(service);
                  for (int k = 0; k < 20; k++) {
                    int i = (first + 7 * k) % images;
                    if (differs(client, files.get(i), expected.get(i))) {
                      wrong.incrementAndGet();
                    }
                    answered.incrementAndGet();
                  }
                });
        thread.start();
        clients.add(thread);
      }
      for (Thread thread : clients) {
        thread.join();
      }
      assertEquals(16 * 20, answered.get());
      assertEquals(0, wrong.get());
    }
  }

  @Test
  void answersWhatItAcceptedBeforeItStops() throws Exception {
    BatchOptions slow = BatchOptions.defaults().withMaxDelay(Duration.ofSeconds(30));
    HttpService service = start(slow);
    Client client = client(service);
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(client.postAsync("/v1/embed", Pictures.png(28, 200 + i)));
    }
    // Thirty seconds are far: they wait for company until closing sends them off.
    Thread.sleep(1000);
    service.close();
    Map<Integer, Integer> statuses = new HashMap<>();
    for (CompletableFuture<HttpResponse<String>> each : all) {
      statuses.merge(each.join().statusCode(), 1, Integer::sum);
    }
    // On a busy machine some may come too late, and hear so; no answer is lost.
    assertEquals(10, statuses.getOrDefault(200, 0) + statuses.getOrDefault(503, 0));
    assertTrue(statuses.getOrDefault(200, 0) > 0, statuses.toString());
  }

  /** Asks until the service has room, as a client does that hears 503. */
  private static boolean differs(Client client, byte[] file, float[] expected) {
    try {
      HttpResponse<String> response = client.post("/v1/embed", file);
      while (response.statusCode() == 503) {
        Thread.sleep(20);
        response = client.post("/v1/embed", file);
      }
      float[] found = floats(Client.json(response).getAsJsonArray("embedding"));
      for (int i = 0; i < expected.length; i++) {
        if (!(Math.abs(found[i] - expected[i]) <= ROUNDING)) {
          return true;
        }
      }
      return false;
    } catch (IOException | InterruptedException e) {
      return true;
    }
  }

  private static float[] floats(JsonArray array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).getAsFloat();
    }
    return values;
  }

  private static HttpService start(BatchOptions options) throws IOException {
    return new HttpService(Bundle.open(BUNDLE), options, 0);
  }

  private static Client client(HttpService service) {
    return new Client(service.port());
  }
}
