package ai.lacuna.cache;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A server of files on this machine that behaves as it is told. Close it. */
public final class FileServer implements AutoCloseable {
  /** What a server does with a request. */
  @FunctionalInterface
  public interface Behaviour {
    void answer(HttpExchange exchange, byte[] file) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile Behaviour behaviour = FileServer::ranges;

  /** Listens on a free port of this machine. */
  public FileServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Serves bytes under a path that begins with a slash. */
  public void put(String path, byte[] bytes) {
    files.put(path, bytes);
  }

  /** Serves every file of a folder under a path that ends in a slash. */
  public void putAll(String path, Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        put(path + folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
      }
    }
  }

  /** Answers otherwise from now on. */
  public void behave(Behaviour other) {
    behaviour = other;
  }

  /** Answers in one way after another, the last one for ever. */
  public void behaveInTurn(Behaviour... ways) {
    AtomicInteger turn = new AtomicInteger();
    behaviour =
        (exchange, file) ->
            ways[Math.min(turn.getAndIncrement(), ways.length - 1)].answer(exchange, file);
  }

  /** The address of a path. */
  public URI at(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  /** Path and range of every request, in order: {@code /file bytes=10-}. */
  public List<String> requests() {
    return requests;
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(range == null ? path : path + " " + range);
    byte[] file = files.get(path);
    try (exchange) {
      if (file == null) {
        exchange.sendResponseHeaders(404, -1);
      } else {
        behaviour.answer(exchange, file);
      }
    }
  }

  /** The first byte that a request asks for. */
  static int from(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    return range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
  }

  /** As the standard says. */
  public static void ranges(HttpExchange exchange, byte[] file) throws IOException {
    int from = from(exchange);
    exchange.getResponseHeaders().set("ETag", "\"" + file.length + "-" + file[0] + "\"");
    String ifRange = exchange.getRequestHeaders().getFirst("If-Range");
    String tag = exchange.getResponseHeaders().getFirst("ETag");
    if (from == 0 || (ifRange != null && !ifRange.equals(tag))) {
      whole(exchange, file);
    } else if (from >= file.length) {
      exchange.sendResponseHeaders(416, -1);
    } else {
      part(exchange, file, from, "bytes " + from + "-" + (file.length - 1) + "/" + file.length);
    }
  }

  /** Ranges are not known here. */
  public static void whole(HttpExchange exchange, byte[] file) throws IOException {
    exchange.sendResponseHeaders(200, file.length);
    exchange.getResponseBody().write(file);
  }

  static void part(HttpExchange exchange, byte[] file, int from, String contentRange)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Range", contentRange);
    exchange.sendResponseHeaders(206, file.length - from);
    exchange.getResponseBody().write(file, from, file.length - from);
  }

  /** As {@link #ranges}, but the connection ends when so many bytes of the file are sent. */
  static Behaviour cutAt(int end) {
    return (exchange, file) -> {
      int from = from(exchange);
      exchange.getResponseHeaders().set("ETag", "\"" + file.length + "-" + file[0] + "\"");
      if (from > 0) {
        exchange
            .getResponseHeaders()
            .set("Content-Range", "bytes " + from + "-" + (file.length - 1) + "/" + file.length);
      }
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, file.length - from);
      OutputStream body = exchange.getResponseBody();
      if (end > from) {
        body.write(file, from, end - from);
        body.flush();
      }
    };
  }

  static Behaviour status(int status) {
    return (exchange, file) -> exchange.sendResponseHeaders(status, -1);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
