package ai.lacuna.zoo;

import ai.lacuna.zoo.ZooListing.ZooFile;
import java.util.List;

/**
 * The content of an entry's {@code remote.json}: files that are on their publisher's server.
 *
 * @param consent whether the licence must be accepted before they are used
 * @param files each with its address
 */
record RemoteEntry(boolean consent, List<ZooFile> files) {
  static final String FILE = "remote.json";

  RemoteEntry {
    files = List.copyOf(files);
    for (ZooFile file : files) {
      if (file.source().isEmpty()) {
        throw new IllegalArgumentException(file.path() + ": expected its address, found none");
      }
    }
  }
}
