package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** Grey images and labels from a pair of IDX files, held in memory as bytes. */
public final class IdxDataset implements ImageDataset {
  private final String name;
  private final int height;
  private final int width;
  private final byte[] images;
  private final byte[] labels;
  private final List<String> classNames;

  private IdxDataset(String name, IdxFile images, IdxFile labels, List<String> classNames) {
    this.name = name;
    this.height = images.shape()[1];
    this.width = images.shape()[2];
    this.images = images.data();
    this.labels = labels.data();
    this.classNames = List.copyOf(classNames);
  }

  /**
   * Opens a pair whose classes have no other names than their numbers.
   *
   * @param images uint8 {@code [count, height, width]}, plain or gzipped
   * @param labels uint8 {@code [count]}, plain or gzipped
   * @return the data set, named after the images' file
   * @throws DataException if a file is damaged or the counts differ
   * @throws IOException if a file cannot be read
   */
  public static IdxDataset open(Path images, Path labels) throws IOException {
    return open(String.valueOf(images.getFileName()), images, labels, List.of());
  }

  /**
   * Opens a pair.
   *
   * @param name what to call it
   * @param images uint8 {@code [count, height, width]}, plain or gzipped
   * @param labels uint8 {@code [count]}, plain or gzipped
   * @param classNames the name of each label; empty to name them by their numbers
   * @return the data set
   * @throws DataException if a file is damaged, the counts differ, or a label has no name
   * @throws IOException if a file cannot be read
   */
  public static IdxDataset open(String name, Path images, Path labels, List<String> classNames)
      throws IOException {
    requireFile(images);
    requireFile(labels);
    return read(
        name,
        Files.newInputStream(images),
        images.toString(),
        Files.newInputStream(labels),
        labels.toString(),
        classNames);
  }

  /** Reads both streams to their ends and closes them. */
  static IdxDataset read(
      String name,
      InputStream images,
      String imagesName,
      InputStream labels,
      String labelsName,
      List<String> classNames)
      throws IOException {
    try (images;
        labels) {
      IdxFile pixels = IdxFile.read(images, imagesName, 3);
      IdxFile classes = IdxFile.read(labels, labelsName, 1);
      int count = pixels.shape()[0];
      if (classes.shape()[0] != count) {
        throw new DataException(
            "%s: expected %s labels, one for each image of %s, found %s; take both files of a pair"
                .formatted(labelsName, count, imagesName, classes.shape()[0]));
      }
      if (count == 0 || pixels.data().length == 0) {
        throw new DataException(
            "%s: expected images, found %s; fetch the file again"
                .formatted(imagesName, Arrays.toString(pixels.shape())));
      }
      return new IdxDataset(name, pixels, classes, names(classNames, classes, labelsName));
    }
  }

  private static List<String> names(List<String> given, IdxFile labels, String labelsName) {
    int greatest = 0;
    for (byte label : labels.data()) {
      greatest = Math.max(greatest, label & 0xff);
    }
    if (given.isEmpty()) {
      return IntStream.rangeClosed(0, greatest).mapToObj(String::valueOf).toList();
    }
    if (greatest >= given.size()) {
      throw new DataException(
          "%s: expected labels 0 to %s, found %s; the file is of another data set"
              .formatted(labelsName, given.size() - 1, greatest));
    }
    return given;
  }

  private static void requireFile(Path file) throws IOException {
    StandIn.refuse(file, "an IDX file");
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Sample get(int index) {
    int length = height * width;
    int from = Objects.checkIndex(index, labels.length) * length;
    Pixels pixels = Pixels.of(height, width, 1, Arrays.copyOfRange(images, from, from + length));
    return new Sample(index, pixels, label(index));
  }

  @Override
  public int label(int index) {
    return labels[index] & 0xff;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String fingerprint() {
    return new Fingerprint()
        .add(String.join("\0", classNames))
        .add(height)
        .add(width)
        .add(images)
        .add(labels)
        .hex();
  }

  /** SHA-256 of the two files' elements, without headers and compression. */
  List<String> digests() {
    HexFormat hex = HexFormat.of();
    return List.of(
        hex.formatHex(Fingerprint.sha256().digest(images)),
        hex.formatHex(Fingerprint.sha256().digest(labels)));
  }
}
