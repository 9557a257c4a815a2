package ai.lacuna.data;

import java.io.IOException;
import java.util.List;

/**
 * The images of a data set mirrored left to right; ids and labels are the same.
 *
 * @param whole the data set
 */
public record Mirrored(ImageDataset whole) implements ImageDataset {
  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public Sample get(int index) throws IOException {
    Sample sample = whole.get(index);
    return new Sample(sample.id(), sample.pixels().flipped(), sample.label());
  }

  @Override
  public int label(int index) throws IOException {
    return whole.label(index);
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public String name() {
    return whole.name() + ", mirrored";
  }

  @Override
  public String fingerprint() throws IOException {
    return new Fingerprint().add("mirrored").add(whole.fingerprint()).hex();
  }
}
