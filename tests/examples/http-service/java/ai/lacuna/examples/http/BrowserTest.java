package ai.lacuna.examples.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.batch.BatchOptions;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in a real browser, with {@code chromium} on the path: {@code mvn verify -pl
 * src/serving,examples/http-service -Dexcluded.tags=gpu}. Leaves {@code target/page.png}.
 */
@Tag("browser")
@Timeout(120)
class BrowserTest {
  private static final Path BUNDLE =
      Path.of(System.getProperty("lacuna.root", "."), "tests", "fixtures", "bundle-tiny");

  @Test
  void showsTheClassesOfAnUploadedImageAndTheReasonOfABadOne(@TempDir Path folder)
      throws Exception {
    Path good = Files.write(folder.resolve("shirt.png"), Pictures.png(64, 1));
    Path bad = Files.writeString(folder.resolve("broken.png"), "no image");
    try (HttpService service = new HttpService(Bundle.open(BUNDLE), BatchOptions.defaults(), 0);
        Browser browser = Browser.start(folder.resolve("profile"))) {
      browser.call("Page.navigate", "{'url':'http://localhost:" + service.port() + "/'}");
      browser.until("document.readyState == 'complete' && !!document.getElementById('file')");
      browser.choose(good);
      browser.until("document.querySelectorAll('#result tr').length == 5");
      assertTrue(browser.text("#result").contains(" %"), browser.text("#result"));
      browser.until("document.getElementById('picture').complete");
      browser.screenshot(Path.of("target", "page.png"));
      browser.choose(bad);
      browser.until("!!document.querySelector('.error')");
      String reason = browser.text(".error");
      assertTrue(reason.startsWith("body: expected PNG, JPEG"), reason);
    }
  }

  /** Chromium by its DevTools protocol. */
  private static final class Browser implements AutoCloseable, WebSocket.Listener {
    private final Process process;
    private final StringBuilder message = new StringBuilder();
    private @Nullable WebSocket socket;
    private volatile CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    private int calls;

    private Browser(Process process) {
      this.process = process;
    }

    static Browser start(Path profile) throws Exception {
      Process process =
          new ProcessBuilder(
                  "chromium",
                  "--headless=new",
                  "--no-sandbox",
                  "--disable-gpu",
                  "--window-size=800,600",
                  "--remote-debugging-port=0",
                  "--remote-allow-origins=*",
                  "--user-data-dir=" + profile,
                  "about:blank")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      Browser browser = new Browser(process);
      try {
        Path file = profile.resolve("DevToolsActivePort");
        while (!Files.exists(file) || Files.readAllLines(file).size() < 2) {
          if (!process.isAlive()) {
            throw new IOException("chromium: expected a browser, found that it ended");
          }
          Thread.sleep(50);
        }
        HttpClient http = HttpClient.newHttpClient();
        URI list = URI.create("http://localhost:" + Files.readAllLines(file).get(0) + "/json/list");
        String pages =
            http.send(HttpRequest.newBuilder(list).build(), BodyHandlers.ofString()).body();
        JsonArray all = JsonParser.parseString(pages).getAsJsonArray();
        String url = "";
        for (var each : all) {
          if (each.getAsJsonObject().get("type").getAsString().equals("page")) {
            url = each.getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
          }
        }
        browser.socket = http.newWebSocketBuilder().buildAsync(URI.create(url), browser).join();
        return browser;
      } catch (Exception e) {
        browser.close();
        throw e;
      }
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      message.append(data);
      if (last) {
        JsonObject object = JsonParser.parseString(message.toString()).getAsJsonObject();
        message.setLength(0);
        if (object.has("id")) {
          answer.complete(object);
        }
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }

    JsonObject call(String method, String parameters) throws Exception {
      return call(method, JsonParser.parseString(parameters.replace('\'', '"')).getAsJsonObject());
    }

    private JsonObject call(String method, JsonObject parameters) throws Exception {
      answer = new CompletableFuture<>();
      JsonObject request = new JsonObject();
      request.addProperty("id", ++calls);
      request.addProperty("method", method);
      request.add("params", parameters);
      Objects.requireNonNull(socket).sendText(request.toString(), true).join();
      JsonObject object = answer.get(30, TimeUnit.SECONDS);
      if (object.has("error")) {
        throw new IllegalStateException(method + ": " + object);
      }
      return object.getAsJsonObject("result");
    }

    private JsonObject evaluate(String expression) throws Exception {
      JsonObject parameters = new JsonObject();
      parameters.addProperty("expression", expression);
      parameters.addProperty("returnByValue", true);
      return call("Runtime.evaluate", parameters).getAsJsonObject("result");
    }

    void until(String condition) throws Exception {
      JsonObject value = evaluate(condition);
      while (!value.has("value") || !value.get("value").getAsBoolean()) {
        Thread.sleep(50);
        value = evaluate(condition);
      }
    }

    String text(String selector) throws Exception {
      return evaluate("document.querySelector(\"" + selector + "\").innerText")
          .get("value")
          .getAsString();
    }

    void choose(Path file) throws Exception {
      int root = call("DOM.getDocument", "{}").getAsJsonObject("root").get("nodeId").getAsInt();
      int input =
          call("DOM.querySelector", "{'nodeId':" + root + ",'selector':'#file'}")
              .get("nodeId")
              .getAsInt();
      call("DOM.setFileInputFiles", "{'files':['" + file + "'],'nodeId':" + input + "}");
    }

    void screenshot(Path file) throws Exception {
      String data = call("Page.captureScreenshot", "{}").get("data").getAsString();
      Files.write(file, Base64.getDecoder().decode(data));
    }

    @Override
    public void close() {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}
