package ai.lacuna.data;

import java.io.IOException;
import java.util.List;

/** Images by index, with or without labels. Safe for use by several threads at once. */
public interface ImageDataset {
  /**
   * Opens images by what a user types, to be looked at without their labels.
   *
   * @param source {@code fashion-mnist}, {@code fashion-mnist-sample}, or a path: a folder of
   *     images, of folders of images to any depth, of shards (WebDataset, TFRecord), or of an LMDB
   *     environment; a shard, or a pattern of shards such as {@code train-{000..099}.tar}; the four
   *     files of an IDX data set; or a folder with {@code train} and {@code test} (or {@code val})
   *     folders of any of these kinds, of which {@code train} is opened
   * @return the images, without labels where that saves reading them
   * @throws DataException if there is no such data, or it is damaged
   * @throws IOException if it cannot be read
   */
  static ImageDataset open(String source) throws IOException {
    return DataSource.of(source).parts().get(0).open(Labelling.none());
  }

  /**
   * Returns the number of samples.
   *
   * @return at least 0
   */
  int size();

  /**
   * Reads a sample.
   *
   * @param index from 0 to {@code size() - 1}
   * @return the sample; its pixels may be shared, so do not write to them
   * @throws IOException if it cannot be read
   * @throws IndexOutOfBoundsException if there is no such index
   */
  Sample get(int index) throws IOException;

  /**
   * Reads a sample, and decodes its image in the given way.
   *
   * @param index from 0 to {@code size() - 1}
   * @param seed of the transform's random numbers
   * @param epoch of the transform's random numbers
   * @param transform decodes and transforms where there are files, transforms where there are none
   * @return the sample, transformed
   * @throws IOException if it cannot be read
   * @throws IndexOutOfBoundsException if there is no such index
   */
  default Sample get(int index, long seed, long epoch, FileTransform transform) throws IOException {
    Sample sample = get(index);
    return new Sample(
        sample.id(), transform.apply(sample.pixels(), seed, epoch, sample.id()), sample.label());
  }

  /**
   * Returns the classes.
   *
   * @return the name of each label, from 0; empty if the data has no labels
   */
  List<String> classNames();

  /**
   * Returns what to call the data set in messages and records.
   *
   * @return a short name
   */
  String name();

  /**
   * Returns what to call a sample in messages and on pages.
   *
   * @param index from 0 to {@code size() - 1}
   * @return where its file lies; the data's name and the sample's place if it has none
   * @throws IOException if it cannot be read
   */
  default String nameOf(int index) throws IOException {
    return name() + " " + index;
  }

  /**
   * Returns the label of a sample, without decoding its image where that is possible.
   *
   * @param index from 0 to {@code size() - 1}
   * @return the index of the class, or {@link Sample#NO_LABEL}
   * @throws IOException if it cannot be read
   */
  default int label(int index) throws IOException {
    return get(index).label();
  }

  /**
   * Returns the id of a sample, without decoding its image where that is possible.
   *
   * @param index from 0 to {@code size() - 1}
   * @return what {@link Sample#id()} is
   * @throws IOException if it cannot be read
   */
  default long id(int index) throws IOException {
    return get(index).id();
  }

  /**
   * Returns a digest that changes when the samples do; keys what is computed from them.
   *
   * @return 64 hexadecimal digits
   * @throws IOException if the data cannot be read
   */
  default String fingerprint() throws IOException {
    Fingerprint digest = new Fingerprint().add(String.join("\0", classNames()));
    for (int i = 0; i < size(); i++) {
      digest.add(get(i));
    }
    return digest.hex();
  }
}
