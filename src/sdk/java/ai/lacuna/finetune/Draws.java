package ai.lacuna.finetune;

import ai.lacuna.data.FileTransform;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.data.Subset;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Samples of a data set drawn with repetition. The first draw of a sample has its id, each further
 * one an id of its own, since ids key random numbers: a rare image that is seen ten times in an
 * epoch is cropped, coloured and masked in ten ways.
 */
final class Draws implements ImageDataset {
  /** Ids of data sets are row numbers; what is added for a further draw lies above them. */
  private static final int BEYOND_ROWS = 40;

  /** An odd constant near 2^64 over the golden ratio: seeds of further draws lie far apart. */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final Subset drawn;
  private final int[] before;

  private Draws(Subset drawn, int[] before) {
    this.drawn = drawn;
    this.before = before;
  }

  /**
   * Draws samples.
   *
   * @param whole where they come from
   * @param indices which ones, each as often as it is drawn
   */
  static Draws of(ImageDataset whole, int[] indices) {
    Map<Integer, Integer> seen = new HashMap<>();
    int[] before = new int[indices.length];
    for (int i = 0; i < before.length; i++) {
      before[i] = seen.merge(indices[i], 1, Integer::sum) - 1;
    }
    return new Draws(Subset.of(whole, indices, whole.name()), before);
  }

  private long idOfDraw(int index, long id) {
    return id + ((long) before[index] << BEYOND_ROWS);
  }

  @Override
  public int size() {
    return drawn.size();
  }

  @Override
  public Sample get(int index) throws IOException {
    Sample sample = drawn.get(index);
    return new Sample(idOfDraw(index, sample.id()), sample.pixels(), sample.label());
  }

  @Override
  public Sample get(int index, long seed, long epoch, FileTransform transform) throws IOException {
    // The file keeps its own id, by which it is known to be whole; so the seed differs.
    Sample sample = drawn.get(index, seed + before[index] * GOLDEN, epoch, transform);
    return new Sample(idOfDraw(index, sample.id()), sample.pixels(), sample.label());
  }

  @Override
  public long id(int index) throws IOException {
    return idOfDraw(index, drawn.id(index));
  }

  @Override
  public int label(int index) throws IOException {
    return drawn.label(index);
  }

  @Override
  public List<String> classNames() {
    return drawn.classNames();
  }

  @Override
  public String name() {
    return drawn.name();
  }

  @Override
  public String fingerprint() throws IOException {
    return drawn.fingerprint();
  }
}
