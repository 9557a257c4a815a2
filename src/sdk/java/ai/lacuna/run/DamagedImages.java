package ai.lacuna.run;

import ai.lacuna.data.Loader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the record says of damaged images, each once for a process and at most a hundred. */
final class DamagedImages {
  /** The kind of a line of the record that names some. */
  static final String KIND = "damaged";

  private static final int MOST = 100;
  private static final int LONGEST = 300;

  private final RunRecord record;
  private final Set<String> named = new HashSet<>();

  DamagedImages(RunRecord record) {
    this.record = record;
  }

  /**
   * A line of the record.
   *
   * @param epoch the epoch, from 0
   * @param step steps done in the whole run
   * @param images what was wrong with images that had not been named
   */
  record Line(int epoch, long step, List<String> images) {}

  /** Writes a line of those that a loader has met since the last one, if there are some. */
  void write(int epoch, long step, Loader loader) {
    List<String> images = new ArrayList<>();
    for (String reason : loader.damaged()) {
      String shown = cut(reason);
      if (named.size() < MOST && named.add(shown)) {
        images.add(shown);
      }
    }
    if (!images.isEmpty()) {
      record.write(KIND, new Line(epoch, step, List.copyOf(images)));
    }
  }

  /** By code points: half of one cannot be written. */
  private static String cut(String reason) {
    return reason.codePointCount(0, reason.length()) <= LONGEST
        ? reason
        : reason.substring(0, reason.offsetByCodePoints(0, LONGEST)) + "…";
  }
}
