package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * TFRecord files whose records are {@code tf.train.Example}s of images.
 *
 * <p>The feature {@code image/encoded} (or {@code image}) holds a PNG, JPEG or other image file;
 * {@code image/class/label} (or {@code label}) may hold the number of its class, and {@code
 * image/class/text} its name. The lengths of records are checked against their CRC-32C at opening,
 * the data whenever it is read. Compressed files are refused.
 */
public final class TfRecordDataset implements EncodedDataset {
  private final String name;
  private final List<TfRecordFile> files;
  private final int[] firsts;
  private final int[] labels;
  private final List<String> classNames;

  private TfRecordDataset(
      String name, List<TfRecordFile> files, int[] firsts, int[] labels, List<String> classNames) {
    this.name = name;
    this.files = files;
    this.firsts = firsts;
    this.labels = labels;
    this.classNames = classNames;
  }

  /**
   * Opens files with their labels, if they have any; reads all data once.
   *
   * @param paths the files; samples are numbered through them in their order
   * @return the images
   * @throws DataException if a file is cut or damaged, holds no images, or some records have a
   *     label and others have not
   * @throws IOException if a file cannot be read
   */
  public static TfRecordDataset open(List<Path> paths) throws IOException {
    TfRecordDataset data = openUnlabelled(paths);
    TreeMap<Integer, String> texts = new TreeMap<>();
    int[] labels = new int[data.size()];
    int without = -1;
    for (int i = 0; i < labels.length; i++) {
      TfExample.Content content = data.content(i);
      labels[i] = content.label();
      if (labels[i] == Sample.NO_LABEL) {
        without = i;
      } else {
        texts.merge(labels[i], content.text(), (a, b) -> data.sameText(a, b));
      }
    }
    if (without >= 0 && !texts.isEmpty()) {
      throw new DataException(
          data.where(without)
              + ": expected a feature 'image/class/label' as other records have, found none;"
              + " convert the records again");
    }
    return new TfRecordDataset(data.name, data.files, data.firsts, labels, names(texts));
  }

  /** Texts name classes only if each class has one. */
  private static List<String> names(SortedMap<Integer, String> texts) {
    List<String> names =
        new ArrayList<>(ClassNames.numbers(texts.isEmpty() ? -1 : texts.lastKey()));
    if (texts.values().stream().noneMatch(String::isEmpty)) {
      texts.forEach(names::set);
    }
    return List.copyOf(names);
  }

  private String sameText(String a, String b) {
    if (!a.equals(b)) {
      throw new DataException(
          "%s: expected one 'image/class/text' for each label, found '%s' and '%s'; mend the records"
              .formatted(name, a, b));
    }
    return a;
  }

  /**
   * Opens files without looking at labels; reads the lengths of records only.
   *
   * @param paths the files; samples are numbered through them in their order
   * @return the images, without a label
   * @throws DataException if a file is cut or damaged
   * @throws IOException if a file cannot be read
   */
  public static TfRecordDataset openUnlabelled(List<Path> paths) throws IOException {
    if (paths.isEmpty()) {
      throw new DataException("TFRecord files: expected at least one, found none; check the path");
    }
    List<TfRecordFile> files = new ArrayList<>();
    int[] firsts = new int[paths.size() + 1];
    for (int i = 0; i < paths.size(); i++) {
      files.add(TfRecordFile.index(paths.get(i)));
      firsts[i + 1] = Math.addExact(firsts[i], files.get(i).size());
    }
    Path first = paths.get(0).toAbsolutePath().normalize();
    Path folder = first.getParent();
    Path named = paths.size() == 1 || folder == null ? first : folder;
    return new TfRecordDataset(
        String.valueOf(named.getFileName()), List.copyOf(files), firsts, new int[0], List.of());
  }

  private int fileOf(int index) {
    Objects.checkIndex(index, size());
    // No file is empty, so that the places are all different.
    int found = Arrays.binarySearch(firsts, index);
    return found >= 0 ? found : -found - 2;
  }

  private String where(int index) {
    int file = fileOf(index);
    return files.get(file).path() + ", record " + (index - firsts[file]);
  }

  private TfExample.Content content(int index) throws IOException {
    int file = fileOf(index);
    return TfExample.parse(where(index), files.get(file).read(index - firsts[file]));
  }

  @Override
  public int size() {
    return firsts[files.size()];
  }

  @Override
  public EncodedImage encoded(int index) throws IOException {
    return new EncodedImage(index, where(index), content(index).image(), label(index));
  }

  @Override
  public int label(int index) {
    Objects.checkIndex(index, size());
    return labels.length == 0 ? Sample.NO_LABEL : labels[index];
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public String name() {
    return name;
  }

  /** Over the names, lengths and times of change of the files. */
  @Override
  public String fingerprint() throws IOException {
    Fingerprint digest = new Fingerprint().add(String.join("\0", classNames));
    for (TfRecordFile file : files) {
      Path path = file.path().toAbsolutePath().normalize();
      digest.add(path.toString()).addState(path);
    }
    return digest.hex();
  }
}
