package ai.lacuna.text;

import java.util.List;

/** Tables for terminals. */
public final class Columns {
  private static final String GAP = "  ";

  private Columns() {}

  /**
   * Lays out rows so that each column begins in one place, two spaces behind the widest cell before
   * it. A character takes one place, whatever the terminal makes of it.
   *
   * @param rows the rows, headings among them; as many cells in each as in the first
   * @return a line for each row, without spaces at its end; empty if there are no rows
   * @throws IllegalArgumentException if a row has more or fewer cells than the first
   */
  public static String of(List<List<String>> rows) {
    if (rows.isEmpty()) {
      return "";
    }
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      if (row.size() != widths.length) {
        throw new IllegalArgumentException(
            "row: expected %s cells, found %s".formatted(widths.length, row));
      }
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = row.get(i);
        line.append(cell).append(" ".repeat(widths[i] - width(cell))).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
