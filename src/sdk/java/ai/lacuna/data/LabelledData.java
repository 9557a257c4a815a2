package ai.lacuna.data;

import java.io.IOException;
import java.util.List;

/**
 * Training and test data with the same classes.
 *
 * @param train what heads are fitted on
 * @param test what they are judged on, never looked at before
 */
public record LabelledData(ImageDataset train, ImageDataset test) {
  /** Of data without a test part, the share of each class that is taken for it. */
  public static final double TEST_SHARE = 0.2;

  /** Checks that both have the same classes. */
  public LabelledData {
    if (!train.classNames().equals(test.classNames())) {
      throw new DataException(
          "%s: expected the classes of %s, %s, found %s; give both the same classes"
              .formatted(
                  test.name(),
                  train.name(),
                  ClassNames.some(train.classNames()),
                  ClassNames.some(test.classNames())));
    }
  }

  /**
   * Opens data by what a user types.
   *
   * @param source {@code fashion-mnist} ({@link FashionMnist#open()}), {@code fashion-mnist-sample}
   *     ({@link FashionMnist#sample()}), or a folder that holds {@code train} and {@code test} (or
   *     {@code val}) folders, or the four files of an IDX data set. {@code train} and {@code test}
   *     hold a folder per class ({@link ImageFolder}), shards ({@link WebDataset}, {@link
   *     TfRecordDataset}) or an LMDB environment ({@link LmdbDataset})
   * @return the data
   * @throws DataException if there is no such data, or it is damaged
   * @throws IOException if it cannot be read
   */
  public static LabelledData open(String source) throws IOException {
    return open(source, Labelling.classes());
  }

  /**
   * Opens data by what a user types, with what is asked of its labels.
   *
   * @param source as for {@link #open(String)}
   * @param labelling which labels; annotations are those of shards
   * @return the data
   * @throws DataException if there is no such data, it is damaged, or has no such labels
   * @throws IOException if it cannot be read
   */
  public static LabelledData open(String source, Labelling labelling) throws IOException {
    List<DataSource.Part> parts = DataSource.of(source).parts();
    if (parts.size() < 2) {
      throw notTwo(source);
    }
    return of(parts, labelling);
  }

  /**
   * Opens the images that {@link ImageDataset#open} opens, in the same order, with their classes.
   *
   * @param source as there; a folder of images holds a folder per class
   * @return the training images
   * @throws DataException if there is no such data, it is damaged, or has no classes
   * @throws IOException if it cannot be read
   */
  public static ImageDataset openTraining(String source) throws IOException {
    return DataSource.of(source).parts().get(0).open(Labelling.classes());
  }

  /**
   * As {@link #open(String, Labelling)}, but of data without a test part {@link #TEST_SHARE} of the
   * images of each class, always the same, are taken for it.
   *
   * @param source as for {@link #open(String)}, or one part: a folder of a folder per class, or
   *     with such a folder alone, as {@code train}, shards or an LMDB environment
   * @param labelling which labels; annotations are those of shards
   * @return the data
   * @throws DataException if there is no such data, it is damaged, or has no such labels
   * @throws IOException if it cannot be read
   */
  public static LabelledData openOrSplit(String source, Labelling labelling) throws IOException {
    List<DataSource.Part> parts = DataSource.of(source).parts();
    if (parts.size() > 1) {
      return of(parts, labelling);
    }
    ImageDataset whole = parts.get(0).open(labelling);
    if (!labelling.needsShards() && whole.classNames().size() == 1) {
      throw new DataException(
          "%s: expected a folder for each of at least 2 classes, found %s alone; add another class"
              .formatted(source, whole.classNames().get(0)));
    }
    boolean labelled = labelling.needsShards() || HeldOut.isLabelled(whole);
    if (!labelled || whole.size() < 2) {
      throw notTwo(source);
    }
    HeldOut halves = HeldOut.of(whole, Math.max(TEST_SHARE, 1.0 / whole.size()));
    return new LabelledData(halves.kept(), halves.heldOut());
  }

  /**
   * As {@link #openOrSplit}, for what looks at images alone: labels are not asked for, what lies
   * beside images in a folder is passed over, and of data without a test part, {@link #TEST_SHARE}
   * of the images are taken for it at random.
   *
   * @param source as for {@link ImageDataset#open}
   * @return the data; both parts are the same if there is one image
   * @throws DataException if there is no such data, or it is damaged
   * @throws IOException if it cannot be read
   */
  public static LabelledData openUnlabelled(String source) throws IOException {
    List<DataSource.Part> parts = DataSource.of(source).parts();
    if (parts.size() > 1) {
      return of(parts, Labelling.ignored());
    }
    ImageDataset whole = parts.get(0).open(Labelling.ignored());
    if (whole.size() < 2) {
      return new LabelledData(whole, whole);
    }
    HeldOut halves = HeldOut.of(whole, Math.max(TEST_SHARE, 1.0 / whole.size()));
    return new LabelledData(halves.kept(), halves.heldOut());
  }

  private static LabelledData of(List<DataSource.Part> parts, Labelling labelling)
      throws IOException {
    return new LabelledData(parts.get(0).open(labelling), parts.get(1).open(labelling));
  }

  private static DataException notTwo(String source) {
    return new DataException(
        ("%s: expected folders train and test, each with a folder per class, shards or an LMDB"
                + " file, or the four IDX files, found neither; arrange the images so")
            .formatted(source));
  }
}
