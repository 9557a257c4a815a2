package ai.lacuna.data;

import ai.lacuna.serving.ImageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A data set in which the next whole sample of the same label stands in for a damaged one, for
 * those who need all rows. Damage is logged, each sample once. Safe for threads where the data is.
 */
public final class WithStandIns implements ImageDataset {
  private static final Logger LOG = LoggerFactory.getLogger(WithStandIns.class);

  private final ImageDataset data;
  private final Set<Integer> named = ConcurrentHashMap.newKeySet();

  private WithStandIns(ImageDataset data) {
    this.data = data;
  }

  /**
   * Wraps a data set.
   *
   * @param data some of whose samples may be damaged
   * @return the same names, sizes and labels
   */
  public static WithStandIns of(ImageDataset data) {
    return new WithStandIns(data);
  }

  @Override
  public int size() {
    return data.size();
  }

  /**
   * Reads a sample, or one that stands in for it.
   *
   * @throws IOException if it is damaged, and every other one of its label too
   */
  @Override
  public Sample get(int index) throws IOException {
    try {
      return data.get(index);
    } catch (IOException | UncheckedIOException | DataException | ImageException damage) {
      if (named.add(index)) {
        LOG.warn(
            "{}: another stands in for sample {}: {}",
            name(),
            index,
            CorruptSamples.reason(damage));
      }
      return standIn(index, damage);
    }
  }

  private Sample standIn(int index, Exception damage) throws IOException {
    for (int step = 1; step < size(); step++) {
      int other = (int) ((index + (long) step) % size());
      if (data.label(other) == data.label(index)) {
        try {
          return data.get(other);
        } catch (IOException | UncheckedIOException | DataException | ImageException alike) {
          damage.addSuppressed(alike);
        }
      }
    }
    throw new IOException(
        "%s, sample %s: expected a whole image of its label, found none; %s"
            .formatted(name(), index, CorruptSamples.reason(damage)),
        damage);
  }

  @Override
  public long id(int index) throws IOException {
    return data.id(index);
  }

  @Override
  public int label(int index) throws IOException {
    return data.label(index);
  }

  @Override
  public List<String> classNames() {
    return data.classNames();
  }

  @Override
  public String name() {
    return data.name();
  }

  @Override
  public String fingerprint() throws IOException {
    return data.fingerprint();
  }
}
