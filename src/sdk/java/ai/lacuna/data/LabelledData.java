package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Training and test data with the same classes.
 *
 * @param train what heads are fitted on
 * @param test what they are judged on, never looked at before
 */
public record LabelledData(ImageDataset train, ImageDataset test) {
  private static final List<String> TEST_FOLDERS = List.of("test", "val", "validation");

  /** Checks that both have the same classes. */
  public LabelledData {
    if (!train.classNames().equals(test.classNames())) {
      throw new DataException(
          "%s: expected the classes of %s, %s, found %s; give both the same class folders"
              .formatted(test.name(), train.name(), train.classNames(), test.classNames()));
    }
  }

  /**
   * Opens data by what a user types.
   *
   * @param source {@code fashion-mnist} ({@link FashionMnist#open()}), {@code fashion-mnist-sample}
   *     ({@link FashionMnist#sample()}), or a folder that holds {@code train} and {@code test} (or
   *     {@code val}) folders with a folder per class, or the four files of an IDX data set
   * @return the data
   * @throws DataException if there is no such data, or it is damaged
   * @throws IOException if it cannot be read
   */
  public static LabelledData open(String source) throws IOException {
    return switch (source) {
      case FashionMnist.NAME -> FashionMnist.open();
      case FashionMnist.SAMPLE_NAME -> FashionMnist.sample();
      default -> open(Path.of(source));
    };
  }

  private static LabelledData open(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          "%s: expected %s, %s or a folder, found none of them; check the path"
              .formatted(folder, FashionMnist.NAME, FashionMnist.SAMPLE_NAME));
    }
    Optional<IdxFiles> files = IdxFiles.in(folder);
    if (files.isPresent()) {
      String name = String.valueOf(folder.toAbsolutePath().normalize().getFileName());
      return files.get().open(name, List.of());
    }
    for (String test : TEST_FOLDERS) {
      if (Files.isDirectory(folder.resolve("train")) && Files.isDirectory(folder.resolve(test))) {
        return new LabelledData(
            ImageFolder.open(folder.resolve("train")), ImageFolder.open(folder.resolve(test)));
      }
    }
    throw new DataException(
        ("%s: expected folders train and test with a folder per class, or the four IDX files,"
                + " found neither; arrange the images so")
            .formatted(folder));
  }
}
