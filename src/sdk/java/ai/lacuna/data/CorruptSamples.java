package ai.lacuna.data;

import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the damaged samples of a loader, or of whoever reads samples, and ends it when they are
 * too many. Names the first twenty in the log. For one thread.
 *
 * <p>Batches are counted in their order, so that a run ends at the same batch whatever its threads
 * did. The share is that of the samples seen so far, but never of fewer than 1,000, or of the whole
 * epoch where it is shorter: one damaged image at the start is not a hundred percent.
 */
public final class CorruptSamples {
  private static final Logger LOG = LoggerFactory.getLogger(CorruptSamples.class);
  private static final int LEAST_SEEN = 1000;
  static final int NAMED = 20;

  private final String data;
  private final double most;
  private final int epoch;
  private final List<String> named = new ArrayList<>();
  private long seen;
  private int skipped;

  /**
   * Begins to count.
   *
   * @param data what the data is called
   * @param most the greatest share of damaged samples, 0 to 1
   * @param epoch the samples of the epoch
   */
  public CorruptSamples(String data, double most, int epoch) {
    this.data = data;
    this.most = most;
    this.epoch = epoch;
  }

  /**
   * Says what is wrong with a sample. The file system's own exceptions have the name of the file
   * alone where all the rest is said by their class.
   *
   * @param failure what reading it threw
   * @return one sentence
   */
  public static String reason(Exception failure) {
    if (failure instanceof FileSystemException file && file.getReason() == null) {
      String found =
          file instanceof NoSuchFileException
              ? "none"
              : file.getClass().getSimpleName().replace("Exception", "");
      return "%s: expected a file that can be read, found %s; check the path and its permissions"
          .formatted(file.getFile(), found);
    }
    return String.valueOf(failure.getMessage());
  }

  /**
   * Counts a batch.
   *
   * @param samples its size, damaged ones included
   * @param damaged what was wrong with each sample of it that was replaced or left out
   * @throws DataException if there are too many
   */
  public void count(int samples, List<String> damaged) {
    seen += samples;
    for (String reason : damaged) {
      skipped++;
      if (skipped <= NAMED) {
        named.add(reason);
        LOG.warn("{}: skipped a damaged sample: {}", data, reason);
      } else if (skipped == NAMED + 1) {
        LOG.warn("{}: more than {} damaged samples; the rest is counted only", data, NAMED);
      }
    }
    if (skipped > most * Math.max(seen, Math.min(LEAST_SEEN, epoch)) && !damaged.isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: expected at most %s %% of the samples damaged, found %d of the first %d; %s",
              data,
              percent(),
              skipped,
              seen,
              damaged.get(damaged.size() - 1)));
    }
  }

  private String percent() {
    return String.format(Locale.ROOT, "%.4f", 100 * most).replaceFirst("\\.?0+$", "");
  }

  /** What was wrong with the first ones. */
  List<String> named() {
    return List.copyOf(named);
  }

  int skipped() {
    return skipped;
  }
}
