package ai.lacuna.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.Channels;
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
import java.util.zip.GZIPInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A gzipped file from the first of several servers that has it whole.
 *
 * @param mirrors folders on servers, each ending in a slash
 * @param file the file in them
 * @param sha256 of the content, uncompressed: two servers may compress differently
 */
record Download(List<URI> mirrors, String file, String sha256) {
  private static final Logger LOG = LoggerFactory.getLogger(Download.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long MAX_BYTES = 100L << 20;

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
        failures.add(source + ": " + e);
      }
    }
    throw new DataException(
        "%s: expected to fetch it, found %s; fetch it by hand and point LACUNA_DATA to its folder"
            .formatted(file, String.join(" and ", failures)));
  }

  private static void copy(URI source, Path part) throws IOException {
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    HttpRequest request = HttpRequest.newBuilder(source).timeout(PATIENCE).build();
    try {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      try (InputStream in = response.body();
          FileChannel out =
              FileChannel.open(
                  part, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
        if (response.statusCode() != 200) {
          throw new IOException("status " + response.statusCode());
        }
        out.transferFrom(Channels.newChannel(in), 0, MAX_BYTES);
        out.force(true);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static String digest(Path gzipped) throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(
            new GZIPInputStream(Files.newInputStream(gzipped)), Fingerprint.sha256())) {
      byte[] buffer = new byte[1 << 16];
      long total = 0;
      for (int n = in.read(buffer); n >= 0 && total <= MAX_BYTES; n = in.read(buffer)) {
        total += n;
      }
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    }
  }
}
