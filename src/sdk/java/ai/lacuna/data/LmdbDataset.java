package ai.lacuna.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Images in an LMDB environment: keys of any kind, image files as values, in the order of the keys.
 *
 * <p>Labels are optional: the value of the key {@code K.cls} is the number, in decimal digits, of
 * the class of the image whose key is {@code K}, or {@code K} with the suffix of an image. The
 * value of {@code __classes__} may be a JSON array that names the classes. Keys that begin with two
 * underscores are no images.
 *
 * <p>The tree is read once, with every number in it checked, and only the keys and places are kept;
 * the file is neither mapped nor locked, so damage is an exception and never the end of the
 * process. Nobody may write to the environment while it is in use.
 */
public final class LmdbDataset implements EncodedDataset {
  private static final String CLASSES = "__classes__";
  private static final String LABEL_SUFFIX = ".cls";
  private static final String DATA_FILE = "data.mdb";

  private final String name;
  private final Path file;
  private final List<Image> images;
  private final List<String> classNames;

  private LmdbDataset(String name, Path file, List<Image> images, List<String> classNames) {
    this.name = name;
    this.file = file;
    this.images = images;
    this.classNames = classNames;
  }

  private record Image(String key, long offset, int length, int label) {}

  /** Whether a path is that of an environment: a folder with {@code data.mdb}, or such a file. */
  static boolean isOne(Path path) {
    return Files.exists(path.resolve(DATA_FILE)) || path.toString().endsWith(".mdb");
  }

  /**
   * Opens an environment with its labels, if it has any.
   *
   * @param path a folder with {@code data.mdb}, or the file itself
   * @return the images
   * @throws DataException if the file is cut, damaged, or no LMDB; if it holds no image; if only
   *     some images have a label
   * @throws IOException if it cannot be read
   */
  public static LmdbDataset open(Path path) throws IOException {
    return open(path, true);
  }

  /**
   * Opens an environment without looking at labels.
   *
   * @param path a folder with {@code data.mdb}, or the file itself
   * @return the images, without a label
   * @throws DataException if the file is cut, damaged, or no LMDB; if it holds no image
   * @throws IOException if it cannot be read
   */
  public static LmdbDataset openUnlabelled(Path path) throws IOException {
    return open(path, false);
  }

  static LmdbDataset open(Path path, boolean labelled) throws IOException {
    Path file = Files.isDirectory(path) ? path.resolve(DATA_FILE) : path;
    Map<String, LmdbTree.Entry> labels = new HashMap<>();
    List<LmdbTree.Entry> found = new ArrayList<>();
    String classes = "";
    for (LmdbTree.Entry entry : LmdbTree.read(file)) {
      String key = text(entry.key());
      if (key.endsWith(LABEL_SUFFIX)) {
        labels.put(key.substring(0, key.length() - LABEL_SUFFIX.length()), entry);
      } else if (key.equals(CLASSES)) {
        classes = text(FileSlice.read(file, entry.offset(), entry.length()));
      } else if (!key.startsWith("__")) {
        found.add(entry);
      }
    }
    if (found.isEmpty()) {
      throw new DataException(
          file + ": expected images as values, found none; check what was written");
    }
    List<Image> images =
        labelled && !labels.isEmpty() ? labelled(file, found, labels) : unlabelled(found);
    int greatest = images.stream().mapToInt(Image::label).max().orElse(Sample.NO_LABEL);
    List<String> names =
        greatest < 0 || classes.isEmpty()
            ? ClassNames.numbers(greatest)
            : ClassNames.read(file + ", key " + CLASSES, classes, greatest);
    String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
    return new LmdbDataset(name, file, images, names);
  }

  private static List<Image> unlabelled(List<LmdbTree.Entry> found) {
    return found.stream().map(entry -> image(entry, Sample.NO_LABEL)).toList();
  }

  private static List<Image> labelled(
      Path file, List<LmdbTree.Entry> found, Map<String, LmdbTree.Entry> labels)
      throws IOException {
    List<Image> images = new ArrayList<>();
    Set<String> unused = new HashSet<>(labels.keySet());
    for (LmdbTree.Entry entry : found) {
      String key = text(entry.key());
      String stem = ImageNames.isImage(key) ? key.substring(0, key.lastIndexOf('.')) : key;
      String named = labels.containsKey(key) ? key : stem;
      LmdbTree.Entry label = labels.get(named);
      if (label == null) {
        throw new DataException(
            "%s, key %s: expected a label under %s%s as others have, found none; write it again"
                .formatted(file, key, stem, LABEL_SUFFIX));
      }
      unused.remove(named);
      // A label is a few digits; what is longer is damage, and is shown by its beginning.
      String digits = text(FileSlice.read(file, label.offset(), Math.min(32, label.length())));
      images.add(image(entry, ClassNames.label(file + ", key " + named + LABEL_SUFFIX, digits)));
    }
    if (!unused.isEmpty()) {
      throw new DataException(
          "%s, key %s%s: expected an image with that label, found none; write it again"
              .formatted(file, unused.iterator().next(), LABEL_SUFFIX));
    }
    return images;
  }

  private static Image image(LmdbTree.Entry entry, int label) {
    return new Image(text(entry.key()), entry.offset(), entry.length(), label);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public EncodedImage encoded(int index) throws IOException {
    Image image = images.get(index);
    byte[] bytes = FileSlice.read(file, image.offset(), image.length());
    return new EncodedImage(index, file + ", key " + image.key(), bytes, image.label());
  }

  @Override
  public int label(int index) {
    return images.get(index).label();
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public String name() {
    return name;
  }

  /** Over the file's name, length and time of change. */
  @Override
  public String fingerprint() throws IOException {
    Path path = file.toAbsolutePath().normalize();
    return new Fingerprint()
        .add(String.join("\0", classNames))
        .add(path.toString())
        .addState(path)
        .hex();
  }
}
