package ai.lacuna.monitor;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.serving.ImageException;
import java.util.List;
import java.util.Set;

/** {@link Stripes}, some of which cannot be decoded. */
public record DamagedStripes(Stripes whole, Set<Integer> damaged) implements ImageDataset {
  /** Stripes of which those at the given places are damaged. */
  public DamagedStripes(int size, Integer... damaged) {
    this(new Stripes(size), Set.of(damaged));
  }

  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public Sample get(int index) {
    if (damaged.contains(index)) {
      throw new ImageException(index + ".png: expected a whole image, found damaged data");
    }
    return whole.get(index);
  }

  @Override
  public int label(int index) {
    return index % 2;
  }

  @Override
  public long id(int index) {
    return index;
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public String name() {
    return "damaged stripes";
  }
}
