package ai.lacuna.finetune;

import ai.lacuna.data.Annotation;
import ai.lacuna.data.DataException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What a table or shards say of images, one row each, as classes, labels or values. A sample's id
 * is its row.
 *
 * @param rows at least one
 */
record AnswerRows(List<Row> rows) {
  /**
   * What is said of an image.
   *
   * @param where for errors
   */
  record Row(String where, Annotation answer) {
    private DataException expected(String expected) {
      return found(expected, answer.text());
    }

    private DataException found(String expected, String found) {
      return new DataException("%s: expected %s, found %s".formatted(where, expected, found));
    }
  }

  /**
   * The classes that occur: in alphabetical order where they are named, 0 to the greatest where
   * they are numbered.
   *
   * @throws DataException if a row has no class, or some are named and others numbered
   */
  List<String> classNames() {
    TreeSet<String> names = new TreeSet<>();
    int greatest = -1;
    for (Row row : rows) {
      String name = classOf(row);
      if (row.answer() instanceof Annotation.Figure number) {
        greatest = Math.max(greatest, (int) number.value());
      } else {
        names.add(name);
      }
      if (greatest >= 0 && !names.isEmpty()) {
        throw row.found("classes that are all named or all numbered", name + " among the others");
      }
    }
    return greatest >= 0
        ? IntStream.rangeClosed(0, greatest).mapToObj(String::valueOf).toList()
        : List.copyOf(names);
  }

  private static String classOf(Row row) {
    if (row.answer() instanceof Annotation.Name name) {
      return name.name();
    }
    if (row.answer() instanceof Annotation.Figure number && number.isClass()) {
      return number.text();
    }
    throw row.expected("the name or the number of one class");
  }

  /**
   * The class of each row.
   *
   * @throws DataException if one is not among the names
   */
  List<Integer> classes(List<String> names) {
    Map<String, Integer> indices = indices(names);
    return rows.stream().map(row -> index(indices, names, classOf(row), row)).toList();
  }

  private static Map<String, Integer> indices(List<String> names) {
    Map<String, Integer> indices = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      indices.putIfAbsent(names.get(i), i);
    }
    return indices;
  }

  private static int index(Map<String, Integer> indices, List<String> names, String name, Row row) {
    Integer index = indices.get(name);
    if (index == null) {
      throw row.found("one of " + names, name);
    }
    return index;
  }

  /** The labels that occur, in alphabetical order. */
  List<String> labelNames() {
    TreeSet<String> names = new TreeSet<>();
    rows.forEach(row -> names.addAll(labelsOf(row)));
    return List.copyOf(names);
  }

  private static List<String> labelsOf(Row row) {
    if (row.answer() instanceof Annotation.Names names) {
      return names.names();
    }
    if (row.answer() instanceof Annotation.Name name) {
      return List.of(name.name());
    }
    throw row.expected("the names of labels");
  }

  /**
   * The labels of each row.
   *
   * @throws DataException if one is not among the names
   */
  Targets labels(List<String> names) {
    Map<String, Integer> indices = indices(names);
    Map<Long, float[]> known = new HashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      float[] answer = new float[names.size()];
      for (String label : labelsOf(rows.get(i))) {
        answer[index(indices, names, label, rows.get(i))] = 1;
      }
      known.put((long) i, answer);
    }
    return Targets.labels(names, known);
  }

  /** What the values of the first row are called, in their order. */
  List<String> valueNames() {
    return List.copyOf(valuesOf(rows.get(0)).keySet());
  }

  private static Map<String, Double> valuesOf(Row row) {
    if (row.answer() instanceof Annotation.Figures numbers && !numbers.values().isEmpty()) {
      return numbers.values();
    }
    if (row.answer() instanceof Annotation.Figure number) {
      return Map.of(number.field(), number.value());
    }
    throw row.expected("numbers by name");
  }

  /**
   * The values of each row.
   *
   * @throws DataException if a row has others than these
   */
  Targets values(List<String> names) {
    Map<Long, float[]> known = new HashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      Map<String, Double> values = valuesOf(rows.get(i));
      if (!values.keySet().equals(new LinkedHashSet<>(names))) {
        throw rows.get(i).found("a number for each of " + names, String.valueOf(values.keySet()));
      }
      float[] answer = new float[names.size()];
      for (int k = 0; k < answer.length; k++) {
        answer[k] = values.getOrDefault(names.get(k), Double.NaN).floatValue();
        if (!Float.isFinite(answer[k])) {
          throw rows.get(i).expected("numbers below 3.4e38");
        }
      }
      known.put((long) i, answer);
    }
    return Targets.values(names, known);
  }
}
