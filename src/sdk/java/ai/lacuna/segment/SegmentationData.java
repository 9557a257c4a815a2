package ai.lacuna.segment;

import ai.lacuna.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Images with masks to train on, and perhaps others to judge on, with the same classes.
 *
 * @param train to train on
 * @param test to judge on; none if the folder has only one part
 */
public record SegmentationData(MaskedImages train, Optional<MaskedImages> test) {
  /** The file of class names, if it lies in the folder. */
  public static final String CLASSES = "classes.txt";

  private static final List<String> MASKS = List.of("masks", "annotations", "labels");
  private static final List<String> TRAIN = List.of("train", "training");
  private static final List<String> TEST = List.of("test", "val", "validation");

  /**
   * Opens a folder, with the names of its {@code classes.txt} if there is one, else with the
   * numbers that its masks hold.
   *
   * @param root see {@link #open(Path, List)}
   * @return the data
   * @throws DataException if there is no such data, or it is damaged
   * @throws IOException if it can't be read
   */
  public static SegmentationData open(Path root) throws IOException {
    Path names = root.resolve(CLASSES);
    return open(root, Files.isRegularFile(names) ? classes(names) : List.of());
  }

  /**
   * Opens a folder. Image and mask have the same name, but that the mask's ends in .png; folders
   * {@code masks} may also be called {@code annotations} or {@code labels}. Each mask is read once
   * to check its classes.
   *
   * <pre>
   *   images/…jpg, masks/…png                    one part, or
   *   train/images, train/masks, test/images, …  with a part to judge on, or
   *   images/train, masks/train, images/val, …
   * </pre>
   *
   * @param root the folder
   * @param names of the classes 0, 1, …; empty to name them by their numbers
   * @return the data
   * @throws DataException if there is no such data, an image has no mask, or a mask is no PNG of
   *     these classes; the message names the file
   * @throws IOException if it can't be read
   */
  public static SegmentationData open(Path root, List<String> names) throws IOException {
    List<MaskedFolder> parts = parts(root);
    MaskScan scan = new MaskScan();
    for (MaskedFolder part : parts) {
      scan.read(part.files(), names);
    }
    List<String> classes = names.isEmpty() ? scan.numbers(root) : names;
    return new SegmentationData(
        new MaskedImages(parts.get(0), classes),
        parts.stream().skip(1).findFirst().map(part -> new MaskedImages(part, classes)));
  }

  private static List<MaskedFolder> parts(Path root) throws IOException {
    String name = String.valueOf(root.toAbsolutePath().normalize().getFileName());
    List<MaskedFolder> parts = new ArrayList<>();
    Optional<Path> train = folder(root, TRAIN);
    if (train.isPresent()) {
      parts.add(part(name + ", train", train.get()));
      Optional<Path> test = folder(root, TEST);
      if (test.isPresent()) {
        parts.add(part(name + ", test", test.get()));
      }
      return parts;
    }
    Path images = root.resolve("images");
    Optional<Path> within = Files.isDirectory(images) ? folder(images, TRAIN) : Optional.empty();
    if (within.isEmpty()) {
      parts.add(part(name, root));
      return parts;
    }
    parts.add(MaskedFolder.open(name + ", train", within.get(), masks(root, within.get())));
    Optional<Path> test = folder(images, TEST);
    if (test.isPresent()) {
      parts.add(MaskedFolder.open(name + ", test", test.get(), masks(root, test.get())));
    }
    return parts;
  }

  /** The masks of images/train are masks/train. */
  private static Path masks(Path root, Path images) {
    return masks(root).resolve(String.valueOf(images.getFileName()));
  }

  private static MaskedFolder part(String name, Path folder) throws IOException {
    return MaskedFolder.open(name, images(folder), masks(folder));
  }

  private static Path images(Path folder) {
    Path images = folder.resolve("images");
    if (!Files.isDirectory(images)) {
      throw new DataException(
          folder
              + ": expected the folders images and masks, or train and test with these in each,"
              + " found no images; arrange the files so");
    }
    return images;
  }

  private static Path masks(Path folder) {
    return folder(folder, MASKS)
        .orElseThrow(
            () ->
                new DataException(
                    folder
                        + ": expected a folder masks beside images, found none; put a PNG for each"
                        + " image there"));
  }

  private static Optional<Path> folder(Path parent, List<String> names) {
    return names.stream().map(parent::resolve).filter(Files::isDirectory).findFirst();
  }

  /**
   * Reads names of classes.
   *
   * @param file a line for each class, from 0
   * @return the names
   * @throws DataException if a name is missing or there are others than 2 to 255
   * @throws IOException if it can't be read
   */
  public static List<String> classes(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.UTF_8);
    List<String> names =
        text.replace("\uFEFF", "").stripTrailing().lines().map(String::strip).toList();
    int missing = names.indexOf("");
    if (missing >= 0) {
      throw new DataException(
          "%s, line %s: expected the name of class %s, found an empty line; name or remove it"
              .formatted(file, missing + 1, missing));
    }
    if (names.size() < 2 || names.size() > Masks.MOST_CLASSES) {
      throw new DataException(
          "%s: expected 2 to 255 lines, one for each class, found %s; list all classes"
              .formatted(file, names.size()));
    }
    return names;
  }
}
