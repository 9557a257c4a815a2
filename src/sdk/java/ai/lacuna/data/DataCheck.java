package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Reads every image of a data set and reports what would spoil a training, without stopping at the
 * first.
 *
 * <pre>{@code
 * DataReport report = DataCheck.open("pictures").run();
 * System.out.println(report.clean());
 * }</pre>
 *
 * <p>Keeps about 200 bytes of each image, so that sets of some millions fit into memory.
 */
public final class DataCheck {
  /** With more images than this, near duplicates are looked for on request only. */
  public static final int NEAR_BY_DEFAULT = 200_000;

  private final String source;
  private final List<CheckedPart> parts;
  private final int leastHeight;
  private final int leastWidth;
  private final boolean near;

  private DataCheck(
      String source, List<CheckedPart> parts, int leastHeight, int leastWidth, boolean near) {
    this.source = source;
    this.parts = parts;
    this.leastHeight = leastHeight;
    this.leastWidth = leastWidth;
    this.near = near;
  }

  /**
   * Opens data by what a user types.
   *
   * @param source what {@link ImageDataset#open} takes, or any folder with images: with folders
   *     {@code train} and {@code test} (or {@code val}), with a folder per class, or with images
   *     alone; strays and damage are reported, not refused. Folders of any depth without images in
   *     the upper two are taken as images alone
   * @return the check
   * @throws DataException if there is no such data, or no image in the folder
   * @throws IOException if it cannot be read
   */
  public static DataCheck open(String source) throws IOException {
    DataException refusal;
    List<DataSource.Part> known = List.of();
    try {
      known = DataSource.of(source).parts();
      if (known.size() == 1) {
        ImageDataset data = known.get(0).open(Labelling.classes());
        if (!(data instanceof ImageFolder)) {
          return of(source, List.of(new CheckedPart.OfDataset(data.name(), data)));
        }
      } else {
        LabelledData data = LabelledData.open(source);
        if (!(data.train() instanceof ImageFolder)) {
          return of(source, data);
        }
      }
      refusal = new DataException(source + ": expected images, found none; check the path");
    } catch (DataException e) {
      refusal = e;
    }
    Path folder = Path.of(source);
    List<CheckedPart> parts = Files.isDirectory(folder) ? folders(folder) : List.of();
    if (parts.stream().anyMatch(part -> part.size() > 0)) {
      return of(source, parts);
    }
    if (known.size() == 1
        && !parts.isEmpty()
        && open(known.get(0), refusal) instanceof ImageFolder deep) {
      return of(source, List.of(new CheckedPart.OfDataset(deep.name(), deep)));
    }
    throw refusal;
  }

  /** Without labels; what was wrong with the data before is said if that does not help. */
  private static ImageDataset open(DataSource.Part part, DataException refusal) throws IOException {
    try {
      return part.open(Labelling.none());
    } catch (DataException e) {
      refusal.addSuppressed(e);
      throw refusal;
    }
  }

  /**
   * Takes data that is open.
   *
   * @param name what to call it in the report
   * @param data training and test data
   * @return the check
   */
  public static DataCheck of(String name, LabelledData data) {
    return of(
        name,
        List.of(
            new CheckedPart.OfDataset("train", data.train()),
            new CheckedPart.OfDataset("test", data.test())));
  }

  private static DataCheck of(String source, List<CheckedPart> parts) {
    long size = parts.stream().mapToLong(CheckedPart::size).sum();
    return new DataCheck(source, List.copyOf(parts), 0, 0, size <= NEAR_BY_DEFAULT);
  }

  private static List<CheckedPart> folders(Path root) throws IOException {
    List<CheckedPart> parts = new ArrayList<>();
    for (String name : DataSource.partFolders(root)) {
      FolderSurvey survey = FolderSurvey.of(root.resolve(name));
      parts.add(new CheckedPart.OfFolder(name, name + "/", survey));
    }
    if (parts.isEmpty()) {
      Path classes = DataFolder.list(root).classes();
      String name = String.valueOf(classes.toAbsolutePath().normalize().getFileName());
      String prefix = classes.equals(root) ? "" : name + "/";
      parts.add(new CheckedPart.OfFolder(name, prefix, FolderSurvey.of(classes)));
    }
    return parts;
  }

  /**
   * Reports images that are smaller than this.
   *
   * @param height the height that a network takes
   * @param width the width that a network takes
   * @return another check
   */
  public DataCheck withLeastSize(int height, int width) {
    return new DataCheck(source, parts, height, width, near);
  }

  /**
   * Sets whether near duplicates are looked for; by default up to {@link #NEAR_BY_DEFAULT} images.
   *
   * @param value whether they are
   * @return another check
   */
  public DataCheck withNearDuplicates(boolean value) {
    return new DataCheck(source, parts, leastHeight, leastWidth, value);
  }

  /**
   * Returns how many images there are.
   *
   * @return images of all parts
   */
  public long size() {
    return parts.stream().mapToLong(CheckedPart::size).sum();
  }

  /**
   * Reads every image, with as many threads as there are processors.
   *
   * @return the report
   */
  public DataReport run() {
    return run(done -> {});
  }

  /**
   * Reads every image, with as many threads as there are processors.
   *
   * @param progress receives the number of images done, from any thread
   * @return the report
   */
  public DataReport run(LongConsumer progress) {
    AtomicLong done = new AtomicLong();
    List<PartLook> looks = new ArrayList<>();
    for (CheckedPart part : parts) {
      Map<Integer, ImageLook> read = new ConcurrentSkipListMap<>();
      Map<Integer, String> corrupt = new ConcurrentSkipListMap<>();
      InOrder.forEach(
          0,
          part.size(),
          i -> {
            look(part, i, read, corrupt);
            progress.accept(done.incrementAndGet());
          });
      looks.add(new PartLook(part, read, corrupt));
    }
    return new ReportMaker(source, looks, leastHeight, leastWidth).report(near);
  }

  private static void look(
      CheckedPart part, int index, Map<Integer, ImageLook> read, Map<Integer, String> corrupt) {
    try {
      part.label(index);
      read.put(index, ImageLook.of(part.read(index), part.wrongSuffix(index)));
    } catch (IOException | RuntimeException e) {
      // The point of the check: what goes wrong with one image is a line of the report.
      corrupt.put(index, CorruptSamples.reason(e));
    }
  }

  /** What was seen of a part: readable samples by index, and why the others are not. */
  record PartLook(CheckedPart part, Map<Integer, ImageLook> read, Map<Integer, String> corrupt) {}
}
