package ai.lacuna.cache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A process of its own that fetches one file into one cache folder after another. */
final class CacheProcess {
  private CacheProcess() {}

  /** Root of the caches, how many, address, size, SHA-256. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path root = Path.of(args[0]);
    int rounds = Integer.parseInt(args[1]);
    RemoteFile file = RemoteFile.of(URI.create(args[2]), Long.parseLong(args[3]), args[4]);
    byte[] first = {};
    for (int round = 0; round < rounds; round++) {
      barrier(root, round);
      FileCache cache =
          FileCache.of(
              new CacheSettings(root.resolve("cache" + round), false), LoggedProgress.INSTANCE);
      byte[] bytes = Files.readAllBytes(cache.fetch("vit/weights.bin", file));
      first = round == 0 ? bytes : first;
      if (!Arrays.equals(first, bytes) || bytes.length != file.size()) {
        throw new IOException("torn in round " + round);
      }
    }
  }

  /** Says that it is ready, and waits for the test to open the round. */
  private static void barrier(Path root, int round) throws IOException, InterruptedException {
    Files.createFile(root.resolve("ready" + round + "-" + ProcessHandle.current().pid()));
    while (!Files.exists(root.resolve("go" + round))) {
      Thread.sleep(2);
    }
  }
}
