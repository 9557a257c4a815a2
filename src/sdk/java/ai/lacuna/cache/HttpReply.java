package ai.lacuna.cache;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server's answer to a GET, after redirections. Close it.
 *
 * <p>{@link HttpURLConnection} and not {@code java.net.http}, because its read timeout also ends a
 * body that stalls.
 */
final class HttpReply implements AutoCloseable {
  private static final int MAX_REDIRECTS = 10;
  private static final Pattern RANGE =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

  private final URI source;
  private final HttpURLConnection connection;
  private final int status;

  private HttpReply(URI source, HttpURLConnection connection, int status) {
    this.source = source;
    this.connection = connection;
    this.status = status;
  }

  /**
   * What a server says of the part that it sends.
   *
   * @param first the first byte's place
   * @param total bytes of the whole; {@link RemoteFile#UNKNOWN_SIZE} if it does not say
   */
  record Range(long first, long total) {}

  /**
   * Asks for a file.
   *
   * @param address http or https
   * @param from the first byte wanted
   * @param validator the ETag or date that the part from there must have; empty for none
   * @param bearer the token of a server; at each redirection it is asked anew who gets it
   * @throws IOException if the server cannot be reached, or redirects where nobody may follow
   */
  static HttpReply get(URI address, long from, String validator, Patience patience, Bearer bearer)
      throws IOException {
    URI source = address;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      HttpURLConnection connection = open(source, from, validator, patience);
      bearer
          .authorization(source)
          .ifPresent(value -> connection.setRequestProperty("Authorization", value));
      boolean handedOver = false;
      try {
        int status = connection.getResponseCode();
        String location = connection.getHeaderField("Location");
        boolean redirects =
            status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        if (!redirects || location == null) {
          handedOver = true;
          return new HttpReply(source, connection, status);
        }
        source = redirected(source, location);
      } finally {
        if (!handedOver) {
          connection.disconnect();
        }
      }
    }
    throw new DownloadException(address + ": expected a file, found more than 10 redirections");
  }

  static URI redirected(URI from, String location) throws DownloadException {
    try {
      URI to = from.resolve(new URI(location));
      RemoteFile.requireServer(to);
      if (isSecure(from) && !isSecure(to)) {
        throw new DownloadException(
            from + ": expected redirections to https only, found one to " + to);
      }
      return to;
    } catch (java.net.URISyntaxException | IllegalArgumentException e) {
      throw new DownloadException(from + ": cannot be redirected: " + e.getMessage(), e);
    }
  }

  private static boolean isSecure(URI address) {
    return "https".equals(String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT));
  }

  private static HttpURLConnection open(URI address, long from, String validator, Patience patience)
      throws IOException {
    URL url = address.toURL();
    Optional<Proxy> proxy = Proxies.REAL.of(address);
    URLConnection any = proxy.isPresent() ? url.openConnection(proxy.get()) : url.openConnection();
    if (!(any instanceof HttpURLConnection connection)) {
      throw new DownloadException(url + ": expected an http or https address");
    }
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout(Math.toIntExact(patience.connect().toMillis()));
    connection.setReadTimeout(Math.toIntExact(patience.read().toMillis()));
    connection.setRequestProperty("User-Agent", "lacuna");
    connection.setRequestProperty("Accept-Encoding", "identity");
    if (from > 0) {
      connection.setRequestProperty("Range", "bytes=" + from + "-");
      if (!validator.isEmpty()) {
        connection.setRequestProperty("If-Range", validator);
      }
    }
    return connection;
  }

  /** Where it came from in the end. */
  URI source() {
    return source;
  }

  int status() {
    return status;
  }

  /**
   * Lets answers through that another attempt would hardly change.
   *
   * @throws Interruption if the server is overloaded or at fault for the moment
   */
  void requireNoPassingFault() throws Interruption {
    if (status == 408 || status == 429 || status >= 500) {
      throw new Interruption("status " + status);
    }
  }

  /** The next step after an answer that is no file. */
  String remedy() {
    return switch (status) {
      case 401, 403 ->
          "set "
              + Bearer.VARIABLE
              + " to a token of the zoo's server, which gets it over https only";
      case 407 -> "the proxy asks for a name and a password; give the JVM its settings";
      default -> "check the address";
    };
  }

  /** Bytes of the body, {@link RemoteFile#UNKNOWN_SIZE} if the server does not say. */
  long length() {
    return connection.getContentLengthLong();
  }

  /** Whether the body is a web page, as portals and error pages are. */
  boolean isPage() {
    String type = connection.getContentType();
    return type != null && type.toLowerCase(Locale.ROOT).startsWith("text/html");
  }

  /** What tells this version of the file from others: a strong ETag or a date; else empty. */
  String validator() {
    String tag = connection.getHeaderField("ETag");
    if (tag != null && !tag.startsWith("W/")) {
      return tag;
    }
    String date = connection.getHeaderField("Last-Modified");
    return date == null ? "" : date;
  }

  /** The part that it sends, if it says so in words that can be read. */
  Optional<Range> range() {
    String text = connection.getHeaderField("Content-Range");
    Matcher range = RANGE.matcher(text == null ? "" : text);
    if (!range.matches()) {
      return Optional.empty();
    }
    String total = range.group(3);
    return Optional.of(
        new Range(
            Long.parseLong(range.group(1)),
            total.equals("*") ? RemoteFile.UNKNOWN_SIZE : Long.parseLong(total)));
  }

  InputStream body() throws IOException {
    return connection.getInputStream();
  }

  /** Ends the connection, so that nothing more of the body is read to keep it for later. */
  void drop() {
    connection.disconnect();
  }

  @Override
  public void close() {
    drop();
  }
}
