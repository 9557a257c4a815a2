package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Files that are one data set, of a kind that their names tell.
 *
 * @param path what they were found by, for errors
 * @param files what is in it, sorted by name
 */
record DataFolder(Path path, List<Path> files) {
  /** What may lie beside shards without being one. */
  private static final List<String> COMPANIONS = List.of("json", "txt", "md", "csv", "tsv");

  /** A kind of data, by the names of files. */
  private enum Kind {
    TAR("tar shards"),
    TF_RECORD("TFRecord files"),
    LMDB("LMDB files"),
    IMAGES("images or folders"),
    COMPANION("notes"),
    OTHER("files of other kinds");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    static Kind of(Path file) {
      String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
      if (Files.isDirectory(file) || ImageNames.isImage(name)) {
        return IMAGES;
      }
      if (name.endsWith(".tar") || name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
        return TAR;
      }
      // TensorFlow Datasets: name-train.tfrecord-00000-of-00010.
      if (name.contains(".tfrecord") || name.endsWith(".tfrec")) {
        return TF_RECORD;
      }
      if (LmdbDataset.isOne(file)) {
        return LMDB;
      }
      return COMPANIONS.contains(name.substring(name.lastIndexOf('.') + 1)) ? COMPANION : OTHER;
    }
  }

  /**
   * Lists a folder without the files whose names begin with a dot.
   *
   * @throws IOException if it cannot be read
   */
  static DataFolder list(Path folder) throws IOException {
    if (LmdbDataset.isOne(folder)) {
      return new DataFolder(folder, List.of(folder));
    }
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> files =
          entries
              .filter(file -> !ImageNames.isHidden(file.getFileName().toString()))
              .sorted()
              .toList();
      return new DataFolder(folder, files);
    }
  }

  /**
   * Opens the data.
   *
   * @throws DataException if there is none, or several kinds
   */
  ImageDataset open(Labelling labelling) throws IOException {
    boolean labelled = labelling.isAny();
    if (files.equals(List.of(path)) && LmdbDataset.isOne(path)) {
      requireShards(labelling, "an LMDB environment");
      return LmdbDataset.open(path, labelled);
    }
    Map<Kind, List<Path>> kinds =
        files.stream().collect(Collectors.groupingBy(Kind::of, TreeMap::new, Collectors.toList()));
    List<Path> tar = kinds.getOrDefault(Kind.TAR, List.of());
    List<Path> records = kinds.getOrDefault(Kind.TF_RECORD, List.of());
    if (tar.isEmpty() && records.isEmpty()) {
      if (!Files.isDirectory(path)) {
        throw new DataException(
            "%s: expected a name that ends in .tar, .tar.gz, .tfrecord or .mdb, found another;"
                    .formatted(files.get(0))
                + " rename it, or give the folder of the images");
      }
      requireShards(labelling, "a folder of images");
      return labelled
          ? ImageFolder.open(classes())
          : ImageFolder.openUnlabelled(path, labelling.kind() == Labelling.Kind.IGNORED);
    }
    kinds.remove(Kind.COMPANION);
    if (kinds.size() > 1) {
      throw mixed(kinds);
    }
    if (!tar.isEmpty()) {
      return WebDataset.open(tar, labelling);
    }
    requireShards(labelling, "TFRecord files");
    return labelled ? TfRecordDataset.open(records) : TfRecordDataset.openUnlabelled(records);
  }

  /**
   * The folder with a folder per class: this one, or the only one in it if that holds folders
   * alone, as {@code train} without a {@code test}, or what an archive was unpacked to.
   */
  Path classes() throws IOException {
    if (files.size() != 1 || !Files.isDirectory(files.get(0))) {
      return path;
    }
    List<Path> within = list(files.get(0)).files();
    return !within.isEmpty() && within.stream().allMatch(Files::isDirectory) ? files.get(0) : path;
  }

  private void requireShards(Labelling labelling, String found) {
    if (labelling.needsShards()) {
      throw new DataException(noShards(path.toString(), found));
    }
  }

  /** What is said when only shards will do. */
  static String noShards(String source, String found) {
    return "%s: expected tar shards with labels in .json members, found %s; give a table of labels"
        .formatted(source, found);
  }

  private DataException mixed(Map<Kind, List<Path>> kinds) {
    String found =
        kinds.entrySet().stream()
            .map(
                kind ->
                    "%s %s (%s)"
                        .formatted(
                            kind.getValue().size(),
                            kind.getKey().words,
                            kind.getValue().get(0).getFileName()))
            .collect(Collectors.joining(", "));
    return new DataException(
        "%s: expected one kind of data, found %s; give each kind a folder of its own"
            .formatted(path, found));
  }
}
