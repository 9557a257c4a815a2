package ai.lacuna.probe;

import ai.lacuna.data.Channels;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.serving.Preprocessing;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/** Whether a classifier of an encoder's features can be fitted and judged on some data. */
final class ProbeCheck {
  private ProbeCheck() {}

  /** Refuses data before an image is embedded. */
  static void require(ImageDataset train, ImageDataset test, Preprocessing preprocessing)
      throws IOException {
    if (train.classNames().size() < 2) {
      throw new ProbeException(
          "%s: expected at least 2 classes, found %s; add another class"
              .formatted(train.name(), train.classNames()));
    }
    if (!train.classNames().equals(test.classNames())) {
      throw new DataException(
          "%s: expected the classes of %s, %s, found %s; give both the same classes"
              .formatted(test.name(), train.name(), train.classNames(), test.classNames()));
    }
    int[] counts = new int[train.classNames().size()];
    for (ImageDataset data : List.of(train, test)) {
      for (int i = 0; i < data.size(); i++) {
        int label = data.label(i);
        if (label < 0 || label >= counts.length) {
          throw new DataException(
              "%s, sample %s: expected a label from 0 to %s, found %s; give labelled data"
                  .formatted(data.name(), i, counts.length - 1, label));
        }
        counts[label] += data == train ? 1 : 0;
      }
      if (data.size() == 0) {
        throw new DataException(data.name() + ": expected images, found none; check its path");
      }
      Channels.require(data, preprocessing.channels());
    }
    List<String> missing =
        IntStream.range(0, counts.length)
            .filter(label -> counts[label] == 0)
            .mapToObj(train.classNames()::get)
            .toList();
    if (!missing.isEmpty()) {
      throw new ProbeException(
          "%s: expected images of every class, found none of %s; add some or drop these classes"
              .formatted(train.name(), missing));
    }
  }
}
