package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
      for (String suffix : List.of(".gz", "")) {
        Path file = folder.resolve(name + suffix);
        if (Files.isRegularFile(file)) {
          found.add(file);
          break;
        }
      }
    }
    return found.size() < NAMES.size()
        ? Optional.empty()
        : Optional.of(new IdxFiles(found.get(0), found.get(1), found.get(2), found.get(3)));
  }

  LabelledData open(String name, List<String> classNames) throws IOException {
    return new LabelledData(
        IdxDataset.open(name + "/train", trainImages, trainLabels, classNames),
        IdxDataset.open(name + "/test", testImages, testLabels, classNames));
  }
}
