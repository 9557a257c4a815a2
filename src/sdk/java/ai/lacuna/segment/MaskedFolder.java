package ai.lacuna.segment;

import ai.lacuna.data.DataException;
import ai.lacuna.data.FileTransform;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.ImageFolder;
import ai.lacuna.data.ReducedCrop;
import ai.lacuna.data.Sample;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Images of one folder, and the masks of the same names, but ending in .png, of another. */
final class MaskedFolder implements ImageDataset {
  private final ImageFolder images;
  private final List<Path> masks;
  private final String name;

  private MaskedFolder(ImageFolder images, List<Path> masks, String name) {
    this.images = images;
    this.masks = masks;
    this.name = name;
  }

  /**
   * Lists the images of a folder and all folders in it, and finds the mask of each; nothing is
   * decoded yet. Masks without an image are passed over.
   *
   * @throws DataException if there is no image, a file that is none, or an image without a mask
   */
  static MaskedFolder open(String name, Path images, Path masks) throws IOException {
    ImageFolder folder = ImageFolder.openUnlabelled(images);
    List<Path> found = new ArrayList<>();
    List<Path> without = new ArrayList<>();
    for (Path image : folder.files()) {
      Path mask = masks.resolve(stem(images.relativize(image)) + ".png");
      found.add(mask);
      if (!Files.isRegularFile(mask)) {
        without.add(image);
      }
    }
    if (!without.isEmpty()) {
      Path first = without.get(0);
      throw new DataException(
          "%s: expected its mask %s, found none%s; add the mask or remove the image"
              .formatted(
                  first,
                  masks.resolve(stem(images.relativize(first)) + ".png"),
                  without.size() > 1
                      ? String.format(
                          Locale.ROOT, " (nor those of %,d other images)", without.size() - 1)
                      : ""));
    }
    return new MaskedFolder(folder, found, name);
  }

  /** A path without what follows the last dot of its name. */
  private static String stem(Path file) {
    String text = file.toString();
    return text.substring(0, text.lastIndexOf('.'));
  }

  /**
   * The files of a sample.
   *
   * @param image the image
   * @param mask its mask
   */
  record Pair(Path image, Path mask) {}

  /** All pairs, in order of the samples. */
  List<Pair> files() {
    return IntStream.range(0, masks.size())
        .mapToObj(i -> new Pair(images.files().get(i), masks.get(i)))
        .toList();
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public Sample get(int index) throws IOException {
    Pixels image = images.get(index).pixels();
    Path file = masks.get(index);
    Pixels mask = MaskPng.read(file);
    if (!Masks.sameSize(image, mask)) {
      throw anotherSize(file, mask, images.files().get(index), image.height(), image.width());
    }
    return new Sample(index, Masks.join(image, mask), Sample.NO_LABEL);
  }

  /** With {@link ReducedPairs}, the image is not decoded in full. */
  @Override
  public Sample get(int index, long seed, long epoch, FileTransform transform) throws IOException {
    if (!(transform instanceof ReducedPairs pairs)) {
      return ImageDataset.super.get(index, seed, epoch, transform);
    }
    ReducedCrop.Cut cut = pairs.cut(images.encoded(index), seed, epoch);
    Path file = masks.get(index);
    Pixels mask = MaskPng.read(file);
    if (cut.height() != mask.height() || cut.width() != mask.width()) {
      throw anotherSize(file, mask, images.files().get(index), cut.height(), cut.width());
    }
    return new Sample(index, pairs.join(cut, mask, seed, epoch, index), Sample.NO_LABEL);
  }

  /** The error of a mask that does not lie on its image. */
  static DataException anotherSize(Path file, Pixels mask, Path image, int height, int width) {
    return new DataException(
        "%s: expected %s x %s pixels, as the image %s has, found %s x %s; mend the mask"
            .formatted(file, height, width, image, mask.height(), mask.width()));
  }

  @Override
  public long id(int index) {
    return index;
  }

  @Override
  public int label(int index) {
    return Sample.NO_LABEL;
  }

  /** None: the classes are those of pixels. */
  @Override
  public List<String> classNames() {
    return List.of();
  }

  @Override
  public String name() {
    return name;
  }
}
