package ai.lacuna.cache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** A process that fetches one file into a cache: its folder, the address. */
final class ProxiedFetch {
  private ProxiedFetch() {}

  /** Prints where the file is. */
  public static void main(String[] args) throws IOException {
    System.out.println("FETCHED " + fetch(Path.of(args[0]), URI.create(args[1])));
  }

  static Path fetch(Path root, URI address) throws IOException {
    RemoteFile file = new RemoteFile(address, RemoteFile.UNKNOWN_SIZE, "", "");
    return FileCache.of(new CacheSettings(root, false), DownloadProgress.logged())
        .fetch("a.bin", file);
  }
}
