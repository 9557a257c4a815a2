package ai.lacuna.zoo;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The content of {@code index.json}.
 *
 * @param format version of this layout, 1
 * @param entries the entries in the order of their names
 */
record ZooIndex(int format, List<ZooListing> entries) {
  static final int FORMAT = 1;
  static final String FILE = "index.json";

  ZooIndex {
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          "format: expected " + FORMAT + ", found " + format + "; use a newer Lacuna");
    }
    entries = List.copyOf(entries);
    Set<String> names = new HashSet<>();
    for (ZooListing entry : entries) {
      if (!names.add(entry.name())) {
        throw new IllegalArgumentException(entry.name() + ": expected once, found twice");
      }
    }
  }
}
