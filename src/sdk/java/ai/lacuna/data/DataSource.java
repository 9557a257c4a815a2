package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a user's word for data means: one part, or the parts {@code train} and {@code test}.
 *
 * @param parts what can be opened, the training part first
 */
record DataSource(List<Part> parts) {
  private static final String TRAIN = "train";
  private static final String TEST = "test";

  /** The folders that may hold a part each, the training data first. */
  private static final List<String> PART_FOLDERS = List.of(TRAIN, TEST, "val", "validation");

  private static final List<String> TEST_FOLDERS = PART_FOLDERS.subList(1, PART_FOLDERS.size());

  /** Opens a data set, with what is asked of its labels. */
  @FunctionalInterface
  interface Opening {
    ImageDataset open(Labelling labelling) throws IOException;
  }

  /**
   * A data set that is not open yet.
   *
   * @param name {@code train}, {@code test}, or empty if it is the only one
   */
  record Part(String name, Opening opening) {
    ImageDataset open(Labelling labelling) throws IOException {
      return opening.open(labelling);
    }
  }

  /**
   * Says what the word means; files are looked for, not opened.
   *
   * @throws DataException if there is no such data, or a folder holds several kinds of it
   */
  static DataSource of(String source) throws IOException {
    return switch (source) {
      case FashionMnist.NAME -> pair(source, FashionMnist::open);
      case FashionMnist.SAMPLE_NAME -> pair(source, FashionMnist::sample);
      default -> ofPath(source);
    };
  }

  /** Both parts of something that is opened as a whole. */
  private interface Whole {
    LabelledData open() throws IOException;
  }

  private static DataSource pair(String source, Whole whole) {
    return new DataSource(
        List.of(
            new Part(TRAIN, labelling -> open(source, whole, labelling).train()),
            new Part(TEST, labelling -> open(source, whole, labelling).test())));
  }

  private static LabelledData open(String source, Whole whole, Labelling labelling)
      throws IOException {
    if (labelling.needsShards()) {
      throw new DataException(DataFolder.noShards(source, "IDX files"));
    }
    return whole.open();
  }

  private static DataSource ofPath(String source) throws IOException {
    if (BracePattern.isPattern(source)) {
      return one(new DataFolder(pathOf("."), shards(source)));
    }
    Path path = pathOf(source);
    if (!Files.exists(path)) {
      throw new DataException(
          ("%s: expected %s, %s, a folder, a shard, an LMDB file or a pattern such as"
                  + " train-{000..099}.tar, found none of them; check the path")
              .formatted(source, FashionMnist.NAME, FashionMnist.SAMPLE_NAME));
    }
    if (!Files.isDirectory(path)) {
      return one(new DataFolder(path, List.of(path)));
    }
    Optional<IdxFiles> files = IdxFiles.in(path);
    if (files.isPresent()) {
      String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
      return pair(source, () -> files.get().open(name, List.of()));
    }
    Path train = path.resolve(TRAIN);
    for (String test : TEST_FOLDERS) {
      if (Files.isDirectory(train) && Files.isDirectory(path.resolve(test))) {
        DataFolder first = DataFolder.list(train);
        DataFolder second = DataFolder.list(path.resolve(test));
        return new DataSource(List.of(new Part(TRAIN, first::open), new Part(TEST, second::open)));
      }
    }
    IdxFiles.requireAllOrNone(path);
    return one(DataFolder.list(path));
  }

  /**
   * The folders in a folder that hold a part each; none where they are classes of such names,
   * beside others.
   */
  static List<String> partFolders(Path folder) throws IOException {
    List<String> parts =
        PART_FOLDERS.stream().filter(name -> Files.isDirectory(folder.resolve(name))).toList();
    if (parts.size() > 1 && parts.get(0).equals(TRAIN)) {
      return parts;
    }
    List<String> folders =
        DataFolder.list(folder).files().stream()
            .filter(Files::isDirectory)
            .map(file -> file.getFileName().toString())
            .toList();
    return parts.containsAll(folders) ? parts : List.of();
  }

  private static DataSource one(DataFolder folder) {
    return new DataSource(List.of(new Part("", folder::open)));
  }

  private static List<Path> shards(String pattern) {
    List<Path> shards = BracePattern.expand(pattern).stream().map(DataSource::pathOf).toList();
    List<Path> missing = shards.stream().filter(path -> !Files.exists(path)).toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          "%s: expected %s shards, found %s, without %s; fetch them or mend the pattern"
              .formatted(pattern, shards.size(), shards.size() - missing.size(), missing.get(0)));
    }
    return shards;
  }

  private static Path pathOf(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new DataException(text + ": expected a path; " + e.getReason(), e);
    }
  }
}
