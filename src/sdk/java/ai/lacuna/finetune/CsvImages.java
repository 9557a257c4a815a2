package ai.lacuna.finetune;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageFolder;
import ai.lacuna.data.Sample;
import ai.lacuna.vit.HeadConfig.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * Images and what is right for them, from a table of comma-separated values in UTF-8, with or
 * without a byte-order mark (RFC 4180).
 *
 * <pre>
 *   path,label               one class each
 *   coats/17.png,coat
 *
 *   path,labels              any number of labels, separated by |
 *   street/3.jpg,car|person
 *
 *   path,width,weight        numbers, one for each column
 *   parts/9.png,0.25,-1.5
 * </pre>
 *
 * Paths are relative to a root folder, which they may not leave. A sample's id is its row, from 0.
 */
public final class CsvImages {
  private static final String BYTE_ORDER_MARK = "\uFEFF";
  private static final String SEPARATOR = "\\|";

  private final Path csv;
  private final Path root;
  private final List<String> columns = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final List<List<String>> cells = new ArrayList<>();
  private final List<Long> rows = new ArrayList<>();

  private CsvImages(Path csv, Path root) {
    this.csv = csv;
    this.root = root;
  }

  /**
   * Reads a table; classes and labels are those that occur, in alphabetical order.
   *
   * @param csv the table
   * @param root the folder of the images
   * @param target what the columns after the first one hold
   * @return the images, not yet decoded
   * @throws DataException if the table is malformed, or names a file that is not there
   * @throws IOException if it can't be read
   */
  public static LabelledImages read(Path csv, Path root, Target target) throws IOException {
    CsvImages table = parse(csv, root);
    return switch (target) {
      case CLASSES -> table.classes(table.occurring(false));
      case LABELS -> table.labels(table.occurring(true));
      case VALUES -> table.values();
    };
  }

  /**
   * Reads a table with the outputs of another one.
   *
   * @param csv the table
   * @param root the folder of the images
   * @param like whose classes, labels or values it has
   * @return the images, not yet decoded
   * @throws DataException if the table is malformed, names a file that is not there, or has a label
   *     that the other one has not
   * @throws IOException if it can't be read
   */
  public static LabelledImages read(Path csv, Path root, Targets like) throws IOException {
    CsvImages table = parse(csv, root);
    return switch (like.target()) {
      case CLASSES -> table.classes(like.names());
      case LABELS -> table.labels(like.names());
      case VALUES -> table.values();
    };
  }

  private static CsvImages parse(Path csv, Path root) throws IOException {
    CsvImages table = new CsvImages(csv, root.toAbsolutePath().normalize());
    try (BufferedReader reader = Files.newBufferedReader(csv, StandardCharsets.UTF_8)) {
      for (CSVRecord row :
          CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get().parse(reader)) {
        table.add(row);
      }
    } catch (UncheckedIOException | IllegalStateException e) {
      throw new DataException(csv + ": expected comma-separated values: " + e.getMessage(), e);
    }
    if (table.files.isEmpty()) {
      throw new DataException(csv + ": expected a header and rows of images, found none");
    }
    return table;
  }

  private void add(CSVRecord row) {
    List<String> values = new ArrayList<>(row.toList());
    long number = row.getRecordNumber();
    if (columns.isEmpty()) {
      values.set(0, values.get(0).replaceFirst(BYTE_ORDER_MARK, ""));
      if (!values.get(0).strip().equals("path") || values.size() < 2) {
        throw new DataException(
            "%s, row 1: expected a header such as path,label, found %s; add it"
                .formatted(csv, String.join(",", values)));
      }
      columns.addAll(values);
      return;
    }
    if (values.size() != columns.size()) {
      throw new DataException(
          "%s, row %d: expected %d columns, as in the header, found %d"
              .formatted(csv, number, columns.size(), values.size()));
    }
    files.add(file(number, values.get(0)));
    cells.add(values.subList(1, values.size()));
    rows.add(number);
  }

  private Path file(long row, String text) {
    Path file;
    try {
      file = root.resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw new DataException("%s, row %d: expected a path, found %s".formatted(csv, row, text), e);
    }
    if (!file.startsWith(root)) {
      throw new DataException(
          "%s, row %d: expected a path inside %s, found %s".formatted(csv, row, root, text));
    }
    if (!Files.isRegularFile(file)) {
      throw new DataException(
          "%s, row %d: expected an image at %s, found none; mend the path or the root folder"
              .formatted(csv, row, file));
    }
    return file;
  }

  private List<String> occurring(boolean several) {
    requireOneColumn();
    TreeSet<String> names = new TreeSet<>();
    for (int i = 0; i < cells.size(); i++) {
      names.addAll(several ? parts(i) : List.of(one(i)));
    }
    return List.copyOf(names);
  }

  private void requireOneColumn() {
    if (columns.size() != 2) {
      throw new DataException(
          "%s, row 1: expected the columns path and label, found %s".formatted(csv, columns));
    }
  }

  private String one(int row) {
    String label = cells.get(row).get(0).strip();
    if (label.isEmpty()) {
      throw new DataException(
          "%s, row %d: expected a label, found none".formatted(csv, rows.get(row)));
    }
    return label;
  }

  private List<String> parts(int row) {
    return Arrays.stream(cells.get(row).get(0).split(SEPARATOR, -1))
        .map(String::strip)
        .filter(label -> !label.isEmpty())
        .toList();
  }

  private int index(List<String> names, String label, int row) {
    int index = names.indexOf(label);
    if (index < 0) {
      throw new DataException(
          "%s, row %d: expected one of %s, found %s".formatted(csv, rows.get(row), names, label));
    }
    return index;
  }

  private LabelledImages classes(List<String> names) {
    requireOneColumn();
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      labels.add(index(names, one(i), i));
    }
    return LabelledImages.of(ImageFolder.of(root, names, files, labels));
  }

  private LabelledImages labels(List<String> names) {
    requireOneColumn();
    Map<Long, float[]> known = new HashMap<>();
    for (int i = 0; i < files.size(); i++) {
      float[] row = new float[names.size()];
      for (String label : parts(i)) {
        row[index(names, label, i)] = 1;
      }
      known.put((long) i, row);
    }
    return new LabelledImages(unlabelled(), Targets.labels(names, known));
  }

  private LabelledImages values() {
    Map<Long, float[]> known = new HashMap<>();
    for (int i = 0; i < files.size(); i++) {
      float[] row = new float[columns.size() - 1];
      for (int k = 0; k < row.length; k++) {
        row[k] = number(i, k);
      }
      known.put((long) i, row);
    }
    return new LabelledImages(
        unlabelled(), Targets.values(columns.subList(1, columns.size()), known));
  }

  private float number(int row, int column) {
    String text = cells.get(row).get(column).strip();
    try {
      float value = Float.parseFloat(text);
      if (Float.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is not finite.
    }
    throw new DataException(
        "%s, row %d: expected a number in column %s, found %s"
            .formatted(csv, rows.get(row), columns.get(column + 1), text));
  }

  private ImageFolder unlabelled() {
    return ImageFolder.of(
        root, List.of(), files, Collections.nCopies(files.size(), Sample.NO_LABEL));
  }
}
