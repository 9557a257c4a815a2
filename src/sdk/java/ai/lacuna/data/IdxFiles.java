package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The four files of a data set laid out as MNIST is, each plain or with {@code .gz}. */
record IdxFiles(Path trainImages, Path trainLabels, Path testImages, Path testLabels) {
  static final List<String> NAMES =
      List.of(
          "train-images-idx3-ubyte",
          "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte",
          "t10k-labels-idx1-ubyte");

  /** Finds all four in a folder; nothing if one is missing. */
  static Optional<IdxFiles> in(Path folder) {
    List<Path> found = new ArrayList<>();
    for (String name : NAMES) {
      find(folder, name).ifPresent(found::add);
    }
    return found.size() < NAMES.size()
        ? Optional.empty()
        : Optional.of(new IdxFiles(found.get(0), found.get(1), found.get(2), found.get(3)));
  }

  /** Zipped, or plain if it is not there zipped. */
  private static Optional<Path> find(Path folder, String name) {
    return Stream.of(".gz", "")
        .map(suffix -> folder.resolve(name + suffix))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /**
   * Refuses a folder with some of the four.
   *
   * @throws DataException if it has one, and another is missing
   */
  static void requireAllOrNone(Path folder) {
    List<String> missing = NAMES.stream().filter(name -> find(folder, name).isEmpty()).toList();
    if (!missing.isEmpty() && missing.size() < NAMES.size()) {
      throw new DataException(
          "%s: expected the four IDX files of a data set, found none of %s; fetch what is missing"
              .formatted(folder, String.join(", ", missing)));
    }
  }

  LabelledData open(String name, List<String> classNames) throws IOException {
    return new LabelledData(
        IdxDataset.open(name + "/train", trainImages, trainLabels, classNames),
        IdxDataset.open(name + "/test", testImages, testLabels, classNames));
  }
}
