package ai.lacuna.data;

import ai.lacuna.serving.ImageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Some samples of a data set, spread evenly over it, for those who judge or draw.
 *
 * <p>In place of a damaged one comes the next whole one before the next place, or none. Damage is
 * logged and counted as a {@link Loader} does.
 */
public final class SpreadSamples {
  private static final Logger LOG = LoggerFactory.getLogger(SpreadSamples.class);

  private SpreadSamples() {}

  /**
   * Reads the samples one after the other.
   *
   * @param data where they come from
   * @param most how many of them to take
   * @param maxCorrupt the greatest share of damaged ones, 0 to 1, see {@link
   *     Loader.Builder#maxCorrupt}
   * @param each receives the samples, in the order of the data
   * @throws DataException if too many are damaged, none is left, or {@code each} can't use one
   */
  public static void of(ImageDataset data, int most, double maxCorrupt, Consumer<Sample> each) {
    CorruptSamples corrupt = new CorruptSamples(data.name(), maxCorrupt, data.size());
    read(data, most, damaged -> corrupt.count(1, damaged), each);
  }

  /**
   * Reads the samples one after the other, and leaves it to whoever reads all of the data to name
   * and count damaged ones.
   *
   * @param data where they come from
   * @param most how many of them to take
   * @param each receives the samples, in the order of the data
   * @throws DataException if none is left, or {@code each} can't use one
   */
  public static void unnamed(ImageDataset data, int most, Consumer<Sample> each) {
    read(data, most, damaged -> damaged.forEach(line -> LOG.debug("passed over {}", line)), each);
  }

  private static void read(
      ImageDataset data, int most, Consumer<List<String>> damaged, Consumer<Sample> each) {
    int count = Math.min(most, data.size());
    int taken = 0;
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) i * data.size() / count);
      int to = (int) ((i + 1L) * data.size() / count);
      if (one(data, from, to, damaged, each)) {
        taken++;
      }
    }
    if (taken == 0) {
      throw new DataException(data.name() + ": expected a whole image, found none; check the data");
    }
  }

  /** Takes the first whole sample of a range; false if it has none. */
  private static boolean one(
      ImageDataset data, int from, int to, Consumer<List<String>> damaged, Consumer<Sample> each) {
    for (int index = from; index < to; index++) {
      Sample sample;
      try {
        sample = data.get(index);
      } catch (IOException | UncheckedIOException | DataException | ImageException e) {
        damaged.accept(List.of("sample %s: %s".formatted(index, CorruptSamples.reason(e))));
        continue;
      }
      damaged.accept(List.of());
      try {
        each.accept(sample);
      } catch (RuntimeException e) {
        throw new DataException(
            "%s, sample %s: %s".formatted(data.name(), sample.id(), e.getMessage()), e);
      }
      return true;
    }
    return false;
  }
}
