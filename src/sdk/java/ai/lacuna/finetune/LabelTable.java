package ai.lacuna.finetune;

import ai.lacuna.data.Annotation;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageFolder;
import ai.lacuna.data.Sample;
import ai.lacuna.vit.HeadConfig.Target;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Images that a table names, and what it says of them. */
final class LabelTable {
  private final Path root;
  private final List<Path> files = new ArrayList<>();
  private final List<AnswerRows.Row> rows = new ArrayList<>();
  private final Map<Path, AnswerRows.Row> rowOf = new HashMap<>();

  /**
   * An empty table.
   *
   * @param root the folder of the images
   */
  LabelTable(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * Adds an image by its path below the root.
   *
   * @param where in the table, for errors
   * @throws DataException if the path leaves the root, there is no such file, or it was added
   *     before
   */
  void addPath(String where, String path, Annotation answer) {
    Path file = below(where, path);
    if (!Files.isRegularFile(file)) {
      throw missing(where, file.toString());
    }
    add(where, file, answer);
  }

  /**
   * Adds an image by its path below the root without suffix.
   *
   * @param where in the table, for errors
   * @throws DataException if the path leaves the root, there is none or more than one, or it was
   *     added before
   */
  void addKey(String where, String key, Annotation answer) {
    Path stem = below(where, key);
    List<Path> found = ImageFolder.withKey(stem);
    if (found.isEmpty()) {
      throw missing(where, stem + ".png, .jpg or another suffix");
    }
    if (found.size() > 1) {
      throw new DataException(
          "%s: expected one image of the key %s, found %s; give their paths"
              .formatted(where, key, found));
    }
    add(where, found.get(0), answer);
  }

  /** An image of two rows could be held out by the one and trained on by the other. */
  private void add(String where, Path file, Annotation answer) {
    AnswerRows.Row row = new AnswerRows.Row(where, answer);
    AnswerRows.Row before = rowOf.putIfAbsent(file, row);
    if (before != null) {
      String known = before.answer().text();
      throw new DataException(
          "%s: expected each image once, found %s labelled %s, %s"
              .formatted(
                  where,
                  root.relativize(file),
                  answer.text(),
                  answer.equals(before.answer())
                      ? "as in " + before.where() + "; keep one of them"
                      : "and " + known + " in " + before.where() + "; keep the right one"));
    }
    files.add(file);
    rows.add(row);
  }

  private Path below(String where, String text) {
    Path file;
    try {
      file = root.resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw new DataException("%s: expected a path, found %s".formatted(where, text), e);
    }
    if (!file.startsWith(root)) {
      throw new DataException(
          "%s: expected a path inside %s, found %s".formatted(where, root, text));
    }
    return file;
  }

  private static DataException missing(String where, String image) {
    return new DataException(
        "%s: expected an image at %s, found none; mend the path or the root folder"
            .formatted(where, image));
  }

  boolean isEmpty() {
    return files.isEmpty();
  }

  /** With the classes, labels or values that occur. */
  LabelledImages images(Target target) {
    AnswerRows answers = new AnswerRows(rows);
    return switch (target) {
      case CLASSES -> classes(answers, answers.classNames());
      case LABELS -> new LabelledImages(unlabelled(), answers.labels(answers.labelNames()));
      case VALUES -> new LabelledImages(unlabelled(), answers.values(answers.valueNames()));
    };
  }

  /** With the classes, labels or values of another one. */
  LabelledImages images(Targets like) {
    AnswerRows answers = new AnswerRows(rows);
    return switch (like.target()) {
      case CLASSES -> classes(answers, like.names());
      case LABELS -> new LabelledImages(unlabelled(), answers.labels(like.names()));
      case VALUES -> new LabelledImages(unlabelled(), answers.values(like.names()));
    };
  }

  private LabelledImages classes(AnswerRows answers, List<String> names) {
    return LabelledImages.of(ImageFolder.of(root, names, files, answers.classes(names)));
  }

  private ImageFolder unlabelled() {
    return ImageFolder.of(
        root, List.of(), files, Collections.nCopies(files.size(), Sample.NO_LABEL));
  }
}
