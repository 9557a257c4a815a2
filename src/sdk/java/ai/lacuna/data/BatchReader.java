package ai.lacuna.data;

import ai.lacuna.random.CounterRandom;
import ai.lacuna.random.CounterRandom.Purpose;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads batch number k of an epoch, so that any thread may read any batch. */
final class BatchReader {
  /** With half of all samples damaged, this many in a row are so once in 2^64 times. */
  private static final int TRIES = 64;

  private final String data;
  private final BatchSource source;
  private final Transform transform;
  private final long seed;
  private final long epoch;

  BatchReader(String data, BatchSource source, Transform transform, long seed, long epoch) {
    this.data = data;
    this.source = source;
    this.transform = transform;
    this.seed = seed;
    this.epoch = epoch;
  }

  /**
   * A batch.
   *
   * @param shape that all its images have
   * @param damaged what was wrong with each sample that another one stands in for
   */
  record Shaped(Batch batch, String shape, List<String> damaged) {}

  Shaped read(int index) throws IOException, InterruptedException {
    BatchSource.Draw draw = source.draw(index);
    int size = draw.indices().length;
    List<String> damaged = new ArrayList<>();
    long[] ids = new long[size];
    int[] labels = new int[size];
    ByteBuffer images = ByteBuffer.allocateDirect(0);
    String shape = "";
    for (int i = 0; i < size; i++) {
      Sample sample = sample(draw, draw.indices()[i], damaged);
      Pixels pixels = transformed(sample);
      if (i == 0) {
        shape = pixels.toString();
        images = ByteBuffer.allocateDirect(bytes(size, pixels));
      } else if (images.remaining() < pixels.data().length || !shape.equals(pixels.toString())) {
        throw mixed(sample.id(), shape, pixels.toString());
      }
      images.put(pixels.data());
      ids[i] = sample.id();
      labels[i] = sample.label();
    }
    return new Shaped(new Batch(index, images.flip(), size, ids, labels), shape, damaged);
  }

  private int bytes(int size, Pixels pixels) {
    long bytes = (long) size * pixels.data().length;
    if (bytes > Integer.MAX_VALUE) {
      throw new DataException(
          "%s: expected batches of less than 2^31 bytes, found %s images of %s; take smaller batches"
              .formatted(data, size, pixels));
    }
    return (int) bytes;
  }

  /** The error of images that do not fit into one batch. */
  DataException mixed(long id, String expected, String found) {
    return new DataException(
        "%s, sample %s: expected %s as before, found %s; add a transform that gives one size"
            .formatted(data, id, expected, found));
  }

  /**
   * Reads a sample, or in place of a damaged one another, drawn by the damaged one's place. So a
   * batch has its full size, and is the same in every run, whatever the threads, and after a
   * resume.
   */
  private Sample sample(BatchSource.Draw draw, int index, List<String> damaged)
      throws InterruptedException {
    CounterRandom random = CounterRandom.of(seed, epoch, index, Purpose.REPLACEMENT);
    int near = draw.others().length == 1 && draw.further().length > 0 ? 0 : TRIES;
    int tries = draw.further().length == 0 ? near : near + TRIES;
    int wanted = index;
    for (int i = 0; i <= tries; i++) {
      try {
        return draw.reading().read(wanted);
      } catch (IOException | UncheckedIOException | DataException | ImageException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException("the loader was closed"); // Not the sample's fault.
        }
        if (i == 0) {
          damaged.add("sample %s: %s".formatted(index, CorruptSamples.reason(e)));
        }
        int[] others = i < near ? draw.others() : draw.further();
        wanted = i < tries ? others[random.nextInt(others.length)] : index;
      } catch (RuntimeException e) {
        throw new DataException("%s, sample %s: %s".formatted(data, wanted, e), e);
      }
    }
    throw new DataException(
        "%s, %s; and none of %s others could be read in its place; check the data"
            .formatted(data, damaged.get(damaged.size() - 1), tries));
  }

  private Pixels transformed(Sample sample) {
    try {
      return transform.apply(sample.pixels(), seed, epoch, sample.id());
    } catch (RuntimeException e) {
      throw new DataException("%s, sample %s: %s".formatted(data, sample.id(), e.getMessage()), e);
    }
  }
}
