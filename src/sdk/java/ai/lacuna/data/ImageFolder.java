package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A folder of images: with a folder for each class, or without labels in folders of any depth.
 *
 * <p>Folders and files are sorted by name. Files whose names begin with a dot are ignored. Anything
 * else that is not an image by its name is an error, all of it in one list. Images are decoded when
 * asked for.
 */
public final class ImageFolder implements EncodedDataset {
  private static final int LISTED = 10;

  /** In bytes, as of {@link Pixels#read(Path)}. */
  private static final long LONGEST = 512L << 20;

  private final String name;
  private final Path root;
  private final List<String> classNames;
  private final List<Path> files;
  private final List<Integer> labels;

  private ImageFolder(Path root, List<String> classNames, List<Path> files, List<Integer> labels) {
    this.name = String.valueOf(root.toAbsolutePath().normalize().getFileName());
    this.root = root;
    this.classNames = List.copyOf(classNames);
    this.files = List.copyOf(files);
    this.labels = List.copyOf(labels);
  }

  /**
   * Lists a folder; no image is decoded yet.
   *
   * @param root the folder of the classes
   * @return the data set; a sample's id is its place in the sorted list
   * @throws DataException if there is no class, an empty class, or anything that is no image
   * @throws IOException if a folder cannot be read
   */
  public static ImageFolder open(Path root) throws IOException {
    if (!Files.isDirectory(root)) {
      throw new DataException(
          root + ": expected a folder with a folder per class, found none; check the path");
    }
    List<String> classNames = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    List<String> strays = new ArrayList<>();
    for (Path folder : visible(root)) {
      if (!Files.isDirectory(folder)) {
        strays.add(root.relativize(folder).toString());
        continue;
      }
      int before = files.size();
      for (Path file : visible(folder)) {
        if (isImage(file)) {
          files.add(file);
          labels.add(classNames.size());
        } else {
          strays.add(root.relativize(file).toString());
        }
      }
      if (files.size() == before && strays.isEmpty()) {
        throw new DataException(
            folder + ": expected images of a class, found none; add some or remove the folder");
      }
      classNames.add(String.valueOf(folder.getFileName()));
    }
    if (!strays.isEmpty()) {
      throw stray(root, "a folder per class that holds " + ImageNames.KINDS + " files", strays);
    }
    if (classNames.isEmpty()) {
      throw new DataException(
          root + ": expected a folder per class, found none; move the images into such folders");
    }
    return new ImageFolder(root, classNames, files, labels);
  }

  /**
   * Images that a caller has listed.
   *
   * @param root the folder that they are in
   * @param classNames the name of each label; empty without labels
   * @param files the images
   * @param labels the class of each image, or {@link Sample#NO_LABEL}
   * @return the data set; a sample's id is its place in the list
   */
  public static ImageFolder of(
      Path root, List<String> classNames, List<Path> files, List<Integer> labels) {
    if (files.size() != labels.size()) {
      throw new IllegalArgumentException(
          "labels: expected one for each of %s files, found %s"
              .formatted(files.size(), labels.size()));
    }
    return new ImageFolder(root, classNames, files, labels);
  }

  /**
   * Lists a folder and all folders in it; no image is decoded yet.
   *
   * @param root the folder
   * @return the images, without labels; a sample's id is its place in the sorted list
   * @throws DataException if there is no image, or anything that is none
   * @throws IOException if a folder cannot be read
   */
  public static ImageFolder openUnlabelled(Path root) throws IOException {
    return openUnlabelled(root, false);
  }

  /** The same, where what is no image may be passed over. */
  static ImageFolder openUnlabelled(Path root, boolean passesOver) throws IOException {
    if (!Files.isDirectory(root)) {
      throw new DataException(root + ": expected a folder of images, found none; check the path");
    }
    List<Path> files = new ArrayList<>();
    List<String> strays = new ArrayList<>();
    collect(root, root, new ArrayDeque<>(), files, strays);
    if (!strays.isEmpty() && !passesOver) {
      throw stray(root, "a folder of " + ImageNames.KINDS + " files", strays);
    }
    if (files.isEmpty()) {
      throw new DataException(root + ": expected images, found none; check the path");
    }
    return new ImageFolder(
        root, List.of(), files, Collections.nCopies(files.size(), Sample.NO_LABEL));
  }

  private static void collect(
      Path root, Path folder, Deque<Path> above, List<Path> files, List<String> strays)
      throws IOException {
    Path real = folder.toRealPath();
    if (above.contains(real)) {
      throw new DataException(
          folder + ": expected a folder, found a link to one that it lies in; remove the link");
    }
    above.push(real);
    for (Path file : visible(folder)) {
      if (Files.isDirectory(file)) {
        collect(root, file, above, files, strays);
      } else if (isImage(file)) {
        files.add(file);
      } else {
        strays.add(root.relativize(file).toString());
      }
    }
    above.pop();
  }

  /** Whether it is a file and an image by its name. */
  static boolean isImage(Path file) {
    return Files.isRegularFile(file) && ImageNames.isImage(file.getFileName().toString());
  }

  /**
   * Finds images by their path without suffix, as WebDataset's keys are.
   *
   * @param key a path up to the dot of the suffix
   * @return the images of that name, sorted; their suffixes are all in lower or all in upper case
   */
  public static List<Path> withKey(Path key) {
    List<Path> found = new ArrayList<>();
    for (String suffix : ImageNames.suffixes()) {
      for (String written : List.of(suffix, suffix.toUpperCase(Locale.ROOT))) {
        Path file = Path.of(key + "." + written);
        if (Files.isRegularFile(file)) {
          found.add(file);
        }
      }
    }
    Collections.sort(found);
    return List.copyOf(found);
  }

  private static DataException stray(Path root, String expected, List<String> strays) {
    String shown = String.join(", ", strays.subList(0, Math.min(LISTED, strays.size())));
    String more = strays.size() > LISTED ? " and %s more".formatted(strays.size() - LISTED) : "";
    return new DataException(
        "%s: expected %s, found also %s%s; move, convert or remove them"
            .formatted(root, expected, shown, more));
  }

  private static List<Path> visible(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(p -> !ImageNames.isHidden(p.getFileName().toString()))
          .sorted()
          .toList();
    }
  }

  /**
   * Returns the files of the images.
   *
   * @return in order of the samples' ids
   */
  public List<Path> files() {
    return files;
  }

  /**
   * Says whether the folder is listed with all that is put at a path.
   *
   * @param path of a file or folder, which need not exist
   * @return whether it lies in this folder, and neither it nor a folder between is hidden
   */
  public boolean holds(Path path) {
    Path here = root.toAbsolutePath().normalize();
    Path there = path.toAbsolutePath().normalize();
    if (!there.startsWith(here)) {
      return false;
    }
    for (Path name : here.relativize(there)) {
      if (ImageNames.isHidden(name.toString())) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public Sample get(int index) throws IOException {
    return new Sample(index, Pixels.read(files.get(index)), labels.get(index));
  }

  @Override
  public EncodedImage encoded(int index) throws IOException {
    Path file = files.get(index);
    if (Files.size(file) > LONGEST) {
      throw new DataException(
          "%s: expected at most %s MB, found more; shrink it".formatted(file, LONGEST >> 20));
    }
    return new EncodedImage(index, file.toString(), Files.readAllBytes(file), labels.get(index));
  }

  @Override
  public String nameOf(int index) {
    return files.get(index).toString();
  }

  @Override
  public long id(int index) {
    return Objects.checkIndex(index, files.size());
  }

  @Override
  public int label(int index) {
    return labels.get(index);
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public String name() {
    return name;
  }

  /** Over the names, lengths and times of change of the files, so that none need be decoded. */
  @Override
  public String fingerprint() throws IOException {
    Fingerprint digest = new Fingerprint().add(root.toAbsolutePath().normalize().toString());
    for (Path file : files) {
      digest.add(root.relativize(file).toString()).addState(file);
    }
    return digest.hex();
  }
}
