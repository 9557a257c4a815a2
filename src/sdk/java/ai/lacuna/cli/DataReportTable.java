package ai.lacuna.cli;

import ai.lacuna.data.DataReport;
import ai.lacuna.text.Counted;
import ai.lacuna.text.OneLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Shows a {@link DataReport}: a table of the parts, then examples of what was found. */
final class DataReportTable {
  private static final int EXAMPLES = 5;
  private static final int SHOWN = 3;
  private static final int LABEL = 16;
  private static final int CELL = 30;

  private final Terminal terminal;
  private final List<List<String>> table = new ArrayList<>();

  private DataReportTable(Terminal terminal) {
    this.terminal = terminal;
  }

  static void print(DataReport report, Terminal terminal) {
    new DataReportTable(terminal).print(report);
  }

  private void print(DataReport report) {
    List<DataReport.Part> parts = report.parts();
    row("", parts, DataReport.Part::name);
    row("images", parts, p -> count(p.images()));
    row("classes", parts, p -> classes(p.classes()));
    row("height x width", parts, p -> kinds(p.sizes()));
    row("colours", parts, p -> kinds(p.colours()));
    row("cannot be read", parts, p -> count(p.corrupt().size()));
    row("strays", parts, p -> count(p.strays().size()));
    row("empty classes", parts, p -> count(p.emptyClasses().size()));
    row("of an odd size", parts, p -> count(p.oddSized().size()));
    row("too small", parts, p -> count(p.small().size()));
    row("wrong suffix", parts, p -> count(p.wrongSuffix().size()));
    row("hidden, ignored", parts, p -> count(p.hidden()));
    rows();
    terminal.line("");
    for (DataReport.Part part : parts) {
      examples(part);
    }
    groups("exact duplicates", report.duplicates());
    list("images outside " + parts.get(0).name() + " that are also in it", report.overlap());
    groups("near duplicates", report.nearDuplicates());
    if (!report.nearDuplicatesComplete()) {
      terminal.line("near duplicates: not all pairs were compared; --near yes looks for more");
    }
    terminal.line(report.clean() ? "nothing to mend" : "something to mend was found");
  }

  private void examples(DataReport.Part part) {
    String in = part.name() + ": ";
    List<String> reasons = part.corrupt().stream().map(DataReport.Problem::reason).toList();
    list(in + "cannot be read", reasons);
    list(in + "strays", part.strays());
    list(in + "empty classes", part.emptyClasses());
    list(in + "of an odd size", part.oddSized());
    list(in + "too small", part.small());
    list(in + "wrong suffix", part.wrongSuffix());
  }

  private void row(
      String what, List<DataReport.Part> parts, Function<DataReport.Part, String> cell) {
    List<String> row = new ArrayList<>(List.of(what));
    parts.forEach(part -> row.add(cell.apply(part)));
    table.add(row);
  }

  /** In columns that are as wide as what is in them. */
  private void rows() {
    for (List<String> row : table) {
      StringBuilder line = new StringBuilder(" ");
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int widest = table.stream().mapToInt(cells -> cells.get(at).length()).max().orElse(0);
        int width = Math.max(widest + 1, column == 0 ? LABEL : CELL);
        line.append(' ')
            .append(row.get(column))
            .append(" ".repeat(width - row.get(column).length()));
      }
      terminal.out().println(line.toString().stripTrailing());
    }
  }

  private void list(String what, List<String> items) {
    if (items.isEmpty()) {
      return;
    }
    terminal.out().printf(Locale.ROOT, "%s: %,d%n", what, items.size());
    items.stream().limit(EXAMPLES).forEach(item -> terminal.out().println("  " + plain(item)));
    more(items.size());
  }

  private void groups(String what, List<DataReport.Group> groups) {
    if (groups.isEmpty()) {
      return;
    }
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%s: %s of %s; %s with different labels, %,d in several parts%n",
            what,
            Counted.of(groups.size(), "group"),
            Counted.of(groups.stream().mapToInt(g -> g.images().size()).sum(), "image"),
            Counted.of(groups.stream().filter(g -> g.classes().size() > 1).count(), "group"),
            groups.stream().filter(g -> g.parts().size() > 1).count());
    groups.stream().limit(EXAMPLES).forEach(this::group);
    more(groups.size());
  }

  private void group(DataReport.Group group) {
    List<String> names = new ArrayList<>(group.images());
    String rest = "";
    if (names.size() > EXAMPLES) {
      rest = " and %,d more".formatted(names.size() - EXAMPLES);
      names.subList(EXAMPLES, names.size()).clear();
    }
    String labels = group.classes().size() > 1 ? " labelled " + group.classes() : "";
    terminal.out().println("  " + plain(String.join(" = ", names)) + rest + plain(labels));
  }

  /** In one line: names of files may have any character but a slash. */
  private static String plain(String text) {
    return OneLine.of(text);
  }

  private void more(int size) {
    if (size > EXAMPLES) {
      terminal.out().printf(Locale.ROOT, "  and %,d more%n", size - EXAMPLES);
    }
  }

  private static String count(int number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String classes(Map<String, Integer> classes) {
    if (classes.isEmpty()) {
      return "none";
    }
    int least = classes.values().stream().min(Integer::compare).orElseThrow();
    int most = classes.values().stream().max(Integer::compare).orElseThrow();
    String few = least == most ? "" : "%,d to ".formatted(least);
    return "%,d of %s%s".formatted(classes.size(), few, Counted.of(most, "image"));
  }

  private static String kinds(Map<String, Integer> kinds) {
    List<String> shown = new ArrayList<>();
    kinds.entrySet().stream()
        .limit(SHOWN)
        .forEach(e -> shown.add(kinds.size() == 1 ? e.getKey() : e.getKey() + ": " + e.getValue()));
    String more = kinds.size() > SHOWN ? ", %d more".formatted(kinds.size() - SHOWN) : "";
    return String.join(", ", shown) + more;
  }
}
