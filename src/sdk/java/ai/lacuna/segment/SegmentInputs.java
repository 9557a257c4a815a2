package ai.lacuna.segment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.Batch;
import ai.lacuna.data.DataException;
import ai.lacuna.finetune.DropPathFactors;
import ai.lacuna.train.Part;
import ai.lacuna.vit.ImageSegmenter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What the network's loss takes for a batch, see {@link ImageSegmenter}. The loss is the mean over
 * the batch's pixels that are not ignored, so a part counts by how many it has of them.
 */
final class SegmentInputs {
  private final SegmenterConfig config;
  private final Batch batch;
  private final int channels;
  private final int pixels;
  private final float[] dropPath;

  SegmentInputs(SegmenterConfig config, int epoch, Batch batch) {
    this.config = config;
    this.batch = batch;
    this.channels = config.preprocessing().channels();
    this.pixels = config.preprocessing().height() * config.preprocessing().width();
    this.dropPath =
        new DropPathFactors(config.seed(), config.vit().depth(), config.dropPath())
            .of(epoch, batch.ids());
  }

  /** At most so many parts, of sizes that differ by at most one image. */
  List<Part> parts(int count) {
    long all = counted(0, batch.size());
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) batch.size() * i / count);
      int to = (int) ((long) batch.size() * (i + 1) / count);
      if (from < to) {
        double share = all == 0 ? (double) (to - from) / batch.size() : share(from, to, all);
        parts.add(new Part(ImageSegmenter.LOSS, share, manager -> inputs(manager, from, to)));
      }
    }
    return parts;
  }

  private double share(int from, int to, long all) {
    return (double) counted(from, to) / all;
  }

  /** The class of a pixel, or {@link Masks#IGNORED}. */
  private int label(int pixel) {
    int label = batch.images().get(pixel * (channels + 1) + channels) & 0xff;
    if (label >= config.head().classes() && label != Masks.IGNORED) {
      throw new DataException(
          "sample %s: expected a mask with classes 0 to %s, or 255 for ignored, found %s; mend it"
              .formatted(batch.ids()[pixel / pixels], config.head().classes() - 1, label));
    }
    return label;
  }

  /** Pixels of some images that are not ignored. */
  private long counted(int from, int to) {
    long sum = 0;
    for (int i = from * pixels; i < to * pixels; i++) {
      sum += label(i) == Masks.IGNORED ? 0 : 1;
    }
    return sum;
  }

  private NDArray[] inputs(NDManager manager, int from, int to) {
    int size = to - from;
    int classes = config.head().classes();
    ByteBuffer images = ByteBuffer.allocateDirect(size * pixels * channels);
    long[] picks = new long[size * pixels];
    float[] weights = new float[size * pixels];
    float weight = 1f / Math.max(1, counted(from, to));
    for (int i = 0; i < picks.length; i++) {
      int pixel = from * pixels + i;
      for (int c = 0; c < channels; c++) {
        images.put(batch.images().get(pixel * (channels + 1) + c));
      }
      int label = label(pixel);
      boolean counts = label != Masks.IGNORED;
      picks[i] = (long) (i % pixels) * classes + (counts ? label : 0);
      weights[i] = counts ? weight : 0;
    }
    Shape shape =
        new Shape(size, config.preprocessing().height(), config.preprocessing().width(), channels);
    int branches = 2 * config.vit().depth();
    float[] drop = java.util.Arrays.copyOfRange(dropPath, from * branches, to * branches);
    return new NDArray[] {
      manager.create(images.flip(), shape, DataType.UINT8),
      manager.create(drop, new Shape(size, branches)),
      manager.create(picks, new Shape(size, pixels)),
      manager.create(weights, new Shape(size, pixels))
    };
  }
}
