package ai.lacuna.data;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Some samples of a data set, in a given order; they keep their ids and labels. */
public final class Subset implements ImageDataset {
  private final ImageDataset whole;
  private final int[] indices;
  private final String name;

  private Subset(ImageDataset whole, int[] indices, String name) {
    this.whole = whole;
    this.indices = indices;
    this.name = name;
  }

  /**
   * Picks samples.
   *
   * @param whole where they come from
   * @param indices which ones, each from 0 to {@code whole.size() - 1}; copied
   * @param name what to call the part
   * @return the part
   * @throws IndexOutOfBoundsException if there is no such index
   */
  public static Subset of(ImageDataset whole, int[] indices, String name) {
    for (int index : indices) {
      Objects.checkIndex(index, whole.size());
    }
    return new Subset(whole, indices.clone(), name);
  }

  /** Nothing either where the samples are not in the order of the shards. */
  Optional<StreamedPart> streamed() {
    for (int i = 1; i < indices.length; i++) {
      if (indices[i] <= indices[i - 1]) {
        return Optional.empty();
      }
    }
    return StreamedPart.of(whole).map(part -> part.some(indices));
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public Sample get(int index) throws IOException {
    return whole.get(indices[index]);
  }

  @Override
  public Sample get(int index, long seed, long epoch, FileTransform transform) throws IOException {
    return whole.get(indices[index], seed, epoch, transform);
  }

  @Override
  public String nameOf(int index) throws IOException {
    return whole.nameOf(indices[index]);
  }

  @Override
  public long id(int index) throws IOException {
    return whole.id(indices[index]);
  }

  @Override
  public int label(int index) throws IOException {
    return whole.label(indices[index]);
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String fingerprint() throws IOException {
    Fingerprint digest = new Fingerprint().add(whole.fingerprint());
    for (int index : indices) {
      digest.add(index);
    }
    return digest.hex();
  }
}
