package ai.lacuna.data;

import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A gzipped file from the first of several servers that has it whole.
 *
 * <p>{@link HttpURLConnection} and not {@code java.net.http}, because its read timeout also ends a
 * body that stalls; one that goes on, however slowly, has all the time that it takes.
 *
 * @param mirrors folders on servers, each ending in a slash
 * @param file the file in them
 * @param sha256 of the content, uncompressed: two servers may compress differently
 * @param patience how long a server may take to answer, and then for the next bytes
 */
record Download(List<URI> mirrors, String file, String sha256, Duration patience) {
  private static final Logger LOG = LoggerFactory.getLogger(Download.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final double MILLIS = 1e3;
  private static final long MAX_BYTES = 100L << 20;
  private static final int BUFFER = 1 << 16;
  private static final int MAX_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTIONS = Set.of(301, 302, 303, 307, 308);

  /** A file whose servers may be silent for 20 seconds at a time. */
  Download(List<URI> mirrors, String file, String sha256) {
    this(mirrors, file, sha256, PATIENCE);
  }

  /** Fetches the file into a folder unless it is there; it appears whole or not at all. */
  void into(Path folder) throws IOException {
    Path target = folder.resolve(file);
    if (Files.isRegularFile(target)) {
      return;
    }
    Files.createDirectories(folder);
    Path part = Files.createTempFile(folder, file, ".part");
    try {
      fetch(part);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void fetch(Path part) throws IOException {
    List<String> failures = new ArrayList<>();
    for (URI mirror : mirrors) {
      URI source = mirror.resolve(file);
      LOG.info("Downloading {}", source);
      try {
        copy(source, part);
        String found = digest(part);
        if (found.equals(sha256)) {
          return;
        }
        failures.add(source + ": expected SHA-256 " + sha256 + ", found " + found);
      } catch (IOException e) {
        String message = String.valueOf(e.getMessage());
        failures.add(source + ": " + (e.getClass() == IOException.class ? message : e));
      }
    }
    throw new DataException(
        "%s: expected to fetch it, found %s; fetch it by hand and point LACUNA_DATA to its folder"
            .formatted(file, String.join(" and ", failures)));
  }

  private void copy(URI source, Path part) throws IOException {
    HttpURLConnection connection = connect(source);
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      if (connection.getResponseCode() != 200) {
        throw new IOException("status " + connection.getResponseCode());
      }
      try (InputStream in = connection.getInputStream()) {
        copy(in, out);
      } catch (SocketTimeoutException e) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "the server sent nothing for %.1f s after %,d bytes",
                patience.toMillis() / MILLIS,
                out.size()),
            e);
      }
      out.force(true);
    } finally {
      connection.disconnect();
    }
  }

  /** A loop, for {@link FileChannel#transferFrom} keeps failures behind some bytes to itself. */
  private static void copy(InputStream in, FileChannel out) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long left = MAX_BYTES;
    for (int n = in.read(buffer); n >= 0 && left > 0; n = in.read(buffer)) {
      FileReplacement.writeFully(out, ByteBuffer.wrap(buffer, 0, (int) Math.min(n, left)));
      left -= n;
    }
  }

  /** Follows redirections, but none that leaves https. */
  private HttpURLConnection connect(URI source) throws IOException {
    URI address = source;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      HttpURLConnection connection = open(address);
      String location = connection.getHeaderField("Location");
      if (!REDIRECTIONS.contains(connection.getResponseCode()) || location == null) {
        return connection;
      }
      connection.disconnect();
      URI next = resolved(address, location);
      if ("https".equals(address.getScheme()) && !"https".equals(next.getScheme())) {
        throw new IOException("redirected from https to " + next);
      }
      address = next;
    }
    throw new IOException("more than %s redirections".formatted(MAX_REDIRECTS));
  }

  private static URI resolved(URI from, String location) throws IOException {
    try {
      return from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("redirected to no address: " + e.getMessage(), e);
    }
  }

  private HttpURLConnection open(URI address) throws IOException {
    URLConnection any = address.toURL().openConnection();
    if (!(any instanceof HttpURLConnection connection)) {
      throw new IOException(address + " is no http or https address");
    }
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout(Math.toIntExact(patience.toMillis()));
    connection.setReadTimeout(Math.toIntExact(patience.toMillis()));
    connection.setRequestProperty("User-Agent", "lacuna");
    connection.setRequestProperty("Accept-Encoding", "identity");
    return connection;
  }

  private static String digest(Path gzipped) throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(
            new GZIPInputStream(Files.newInputStream(gzipped)), Fingerprint.sha256())) {
      byte[] buffer = new byte[BUFFER];
      long total = 0;
      for (int n = in.read(buffer); n >= 0 && total <= MAX_BYTES; n = in.read(buffer)) {
        total += n;
      }
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    }
  }
}
