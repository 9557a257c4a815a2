package ai.lacuna.zoo;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Studies as a Markdown table: a row for each number of labelled images, a column for a method. */
public final class StudyTable {
  private static final String BEGIN = "<!-- studies of %s, written by 'lacuna zoo cards' -->\n";
  private static final String END = "<!-- end of studies -->";

  private StudyTable() {}

  /**
   * Writes the table.
   *
   * @param studies of one encoder, at least one
   * @return Markdown, with a line break at the end
   */
  public static String of(List<ZooStudy> studies) {
    Set<String> methods = new LinkedHashSet<>(studies.stream().map(ZooStudy::method).toList());
    StringBuilder text = new StringBuilder();
    row(text, "labelled images", List.copyOf(methods));
    row(text, "---", methods.stream().map(method -> "---").toList());
    for (int labels : new TreeSet<>(studies.stream().map(ZooStudy::labels).toList())) {
      List<String> cells = new ArrayList<>();
      for (String method : methods) {
        cells.add(
            studies.stream()
                .filter(study -> study.method().equals(method) && study.labels() == labels)
                .map(ZooStudy::text)
                .collect(Collectors.joining(", ")));
      }
      row(text, String.format(Locale.ROOT, "%,d", labels), cells);
    }
    return text.toString();
  }

  private static void row(StringBuilder text, String first, List<String> cells) {
    text.append("| ").append(first);
    cells.forEach(cell -> text.append(" | ").append(cell.isEmpty() ? "–" : cell));
    text.append(" |\n");
  }

  /**
   * Renews the tables of a text between a line {@code <!-- studies of NAME, written by 'lacuna zoo
   * cards' -->} and a line {@code <!-- end of studies -->}.
   *
   * @param text Markdown
   * @param entry the entry whose tables are renewed
   * @return the text, the same if it has no such lines
   * @throws ZooException if a table has no end, or the entry no studies
   */
  public static String renew(String text, ZooEntry entry) {
    String begin = BEGIN.formatted(entry.name());
    int at = text.indexOf(begin);
    if (at < 0) {
      return text;
    }
    int from = at + begin.length();
    int to = text.indexOf(END, from);
    if (to < 0 || entry.studies().isEmpty()) {
      throw new ZooException(
          "%s: expected studies, and '%s' after the place of their table, found none"
              .formatted(entry.name(), END));
    }
    return text.substring(0, from)
        + "\n"
        + of(entry.studies())
        + "\n"
        + renew(text.substring(to), entry);
  }
}
