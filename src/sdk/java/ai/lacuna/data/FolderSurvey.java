package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a folder of classes holds, with everything that {@link ImageFolder} would refuse.
 *
 * @param root the folder
 * @param classNames its visible folders, sorted
 * @param files the files in them that are images by their names; or those of the root itself if it
 *     has no folder
 * @param labels the class of each, {@link Sample#NO_LABEL} in a root without folders
 * @param strays what is neither a class nor an image in one, relative to the root
 * @param emptyClasses folders without an image
 * @param hidden how many entries begin with a dot; they are ignored everywhere
 */
record FolderSurvey(
    Path root,
    List<String> classNames,
    List<Path> files,
    List<Integer> labels,
    List<String> strays,
    List<String> emptyClasses,
    int hidden) {

  static FolderSurvey of(Path root) throws IOException {
    FolderSurvey survey =
        new FolderSurvey(
            root,
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            0);
    int hidden = 0;
    List<Path> entries = entries(root);
    boolean flat = entries.stream().noneMatch(e -> isVisible(e) && Files.isDirectory(e));
    for (Path entry : entries) {
      if (!isVisible(entry)) {
        hidden++;
      } else if (Files.isDirectory(entry)) {
        hidden += survey.addClass(entry);
      } else if (flat
          && (Files.isRegularFile(entry)
              && ImageNames.isImage(String.valueOf(entry.getFileName())))) {
        survey.add(entry, Sample.NO_LABEL);
      } else {
        survey.strays.add(survey.name(entry));
      }
    }
    return survey.withHidden(hidden);
  }

  private FolderSurvey withHidden(int count) {
    return new FolderSurvey(root, classNames, files, labels, strays, emptyClasses, count);
  }

  private int addClass(Path folder) throws IOException {
    int hidden = 0;
    int before = files.size();
    for (Path entry : entries(folder)) {
      if (!isVisible(entry)) {
        hidden++;
      } else if ((Files.isRegularFile(entry)
          && ImageNames.isImage(String.valueOf(entry.getFileName())))) {
        add(entry, classNames.size());
      } else {
        strays.add(name(entry));
      }
    }
    String name = String.valueOf(folder.getFileName());
    classNames.add(name);
    if (files.size() == before) {
      emptyClasses.add(name);
    }
    return hidden;
  }

  private void add(Path file, int label) {
    files.add(file);
    labels.add(label);
  }

  /** The path below the root. */
  String name(Path file) {
    return root.relativize(file).toString();
  }

  private static boolean isVisible(Path entry) {
    return !String.valueOf(entry.getFileName()).startsWith(".");
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }
}
