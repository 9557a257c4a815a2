package ai.lacuna.finetune;

import ai.lacuna.data.Annotation;
import ai.lacuna.data.DataException;
import ai.lacuna.vit.HeadConfig.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * Paths are relative to a root folder, which they may not leave, and each is there once. A sample's
 * id is its row, from 0.
 */
public final class CsvImages {
  private static final int BYTE_ORDER_MARK = 0xFEFF;
  private static final String SEPARATOR = "\\|";

  private final Path csv;
  private final Target target;
  private final LabelTable table;
  private final List<String> columns = new ArrayList<>();

  private CsvImages(Path csv, Path root, Target target) {
    this.csv = csv;
    this.target = target;
    this.table = new LabelTable(root);
  }

  /**
   * Reads a table; classes and labels are those that occur, in alphabetical order.
   *
   * @param csv the table
   * @param root the folder of the images
   * @param target what the columns after the first one hold
   * @return the images, not yet decoded
   * @throws DataException if the table is malformed, or names a file that is not there, or one
   *     twice
   * @throws IOException if it can't be read
   */
  public static LabelledImages read(Path csv, Path root, Target target) throws IOException {
    return new CsvImages(csv, root, target).parsed().images(target);
  }

  /**
   * Reads a table with the outputs of another one.
   *
   * @param csv the table
   * @param root the folder of the images
   * @param like whose classes, labels or values it has
   * @return the images, not yet decoded
   * @throws DataException if the table is malformed, names a file that is not there, or one twice,
   *     or has a label or a column that the other one has not
   * @throws IOException if it can't be read
   */
  public static LabelledImages read(Path csv, Path root, Targets like) throws IOException {
    return new CsvImages(csv, root, like.target()).parsed().images(like);
  }

  private LabelTable parsed() throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(csv, StandardCharsets.UTF_8)) {
      skipMark(reader);
      for (CSVRecord row :
          CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get().parse(reader)) {
        add(row);
      }
    } catch (CharacterCodingException e) {
      throw new DataException(csv + ": expected UTF-8, found other bytes; convert it", e);
    } catch (UncheckedIOException | IllegalStateException e) {
      throw new DataException(csv + ": expected comma-separated values: " + e.getMessage(), e);
    }
    if (table.isEmpty()) {
      throw new DataException(csv + ": expected a header and rows of images, found none");
    }
    return table;
  }

  /** Before the table is parsed: a quote after the mark would not begin a cell. */
  private static void skipMark(BufferedReader reader) throws IOException {
    reader.mark(1);
    if (reader.read() != BYTE_ORDER_MARK) {
      reader.reset();
    }
  }

  private void add(CSVRecord row) {
    List<String> cells = new ArrayList<>(row.toList());
    if (columns.isEmpty()) {
      begin(cells.stream().map(String::strip).toList());
      return;
    }
    String where = "%s, row %s".formatted(csv, row.getRecordNumber());
    if (cells.size() != columns.size()) {
      throw new DataException(
          "%s: expected %s columns, as in the header, found %s"
              .formatted(where, columns.size(), cells.size()));
    }
    table.addPath(where, cells.get(0), answer(where, cells));
  }

  private void begin(List<String> header) {
    if (!header.get(0).equals("path") || header.size() < 2) {
      throw new DataException(
          "%s, row 1: expected a header such as path,label, found %s; add it"
              .formatted(csv, String.join(",", header)));
    }
    if (target != Target.VALUES && header.size() != 2) {
      throw new DataException(
          "%s, row 1: expected the columns path and label, found %s".formatted(csv, header));
    }
    if (new HashSet<>(header).size() < header.size()) {
      throw new DataException(
          "%s, row 1: expected each column once, found %s".formatted(csv, header));
    }
    columns.addAll(header);
  }

  private Annotation answer(String where, List<String> cells) {
    return switch (target) {
      case CLASSES -> new Annotation.Name(label(where, cells.get(1)));
      case LABELS ->
          new Annotation.Names(
              Arrays.stream(cells.get(1).split(SEPARATOR, -1))
                  .map(String::strip)
                  .filter(label -> !label.isEmpty())
                  .toList());
      case VALUES -> values(where, cells);
    };
  }

  private static String label(String where, String cell) {
    String label = cell.strip();
    if (label.isEmpty()) {
      throw new DataException(where + ": expected a label, found none");
    }
    return label;
  }

  private Annotation values(String where, List<String> cells) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (int k = 1; k < columns.size(); k++) {
      values.put(columns.get(k), number(where, columns.get(k), cells.get(k).strip()));
    }
    return new Annotation.Figures(values);
  }

  private static double number(String where, String column, String text) {
    try {
      float value = Float.parseFloat(text);
      if (Float.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is not finite.
    }
    throw new DataException(
        "%s: expected a number in column %s, found %s".formatted(where, column, text));
  }
}
