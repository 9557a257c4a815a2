package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads batch number k of an epoch; stateless, so that any thread may read any batch. */
final class BatchReader {
  private final ImageDataset data;
  private final int[] order;
  private final int batchSize;
  private final Transform transform;
  private final long seed;
  private final long epoch;

  BatchReader(
      ImageDataset data, int[] order, int batchSize, Transform transform, long seed, long epoch) {
    this.data = data;
    this.order = order;
    this.batchSize = batchSize;
    this.transform = transform;
    this.seed = seed;
    this.epoch = epoch;
  }

  /** A batch and the shape that all its images have. */
  record Shaped(Batch batch, String shape) {}

  Shaped read(int index) {
    int from = index * batchSize;
    int size = Math.min(batchSize, order.length - from);
    long[] ids = new long[size];
    int[] labels = new int[size];
    ByteBuffer images = ByteBuffer.allocateDirect(0);
    String shape = "";
    for (int i = 0; i < size; i++) {
      Sample sample = sample(order[from + i]);
      Pixels pixels = sample.pixels();
      if (i == 0) {
        shape = pixels.toString();
        images = ByteBuffer.allocateDirect(Math.multiplyExact(size, pixels.data().length));
      } else if (images.remaining() < pixels.data().length || !shape.equals(pixels.toString())) {
        throw mixed(sample.id(), shape, pixels.toString());
      }
      images.put(pixels.data());
      ids[i] = sample.id();
      labels[i] = sample.label();
    }
    return new Shaped(new Batch(index, images.flip(), size, ids, labels), shape);
  }

  /** The error of images that do not fit into one batch. */
  DataException mixed(long id, String expected, String found) {
    return new DataException(
        "%s, sample %d: expected %s as before, found %s; add a transform that gives one size"
            .formatted(data.name(), id, expected, found));
  }

  private Sample sample(int index) {
    try {
      Sample sample = data.get(index);
      Pixels pixels = transform.apply(sample.pixels(), seed, epoch, sample.id());
      return new Sample(sample.id(), pixels, sample.label());
    } catch (IOException | RuntimeException e) {
      throw new DataException("%s, sample %d: %s".formatted(data.name(), index, e.getMessage()), e);
    }
  }
}
